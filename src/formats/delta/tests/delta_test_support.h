// What the tests of this module share: the corpus, hexadecimal text, pseudo-random bytes.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "wimwright/base/bytes.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::delta {

inline std::filesystem::path Corpus(std::string_view relative) {
  return std::filesystem::path(WW_CORPUS) / relative;
}

// Genuine files stay outside the repository: without them the test has nothing to say.
#define WW_NEEDS_CORPUS(relative)                                         \
  if (!std::filesystem::exists(::ww::delta::Corpus(relative))) {          \
    GTEST_SKIP() << "no genuine data: " << ::ww::delta::Corpus(relative); \
  }                                                                       \
  static_assert(true)

inline Bytes Slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return ToBytes(std::string_view(text));
}

inline Bytes Hex(std::string_view text) { return FromHex(text).value(); }
inline std::string Sha256Hex(ByteView bytes) { return ToHex(Sha256(bytes)); }

// The same bytes on every machine.
inline Bytes RandomBytes(std::uint32_t seed, std::size_t size) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (auto& b : bytes) b = static_cast<std::byte>(random() & 0xFF);
  return bytes;
}

}  // namespace ww::delta
