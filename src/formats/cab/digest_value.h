// A digest as an index writes it: algorithm and hexadecimal value.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "wimwright/base/hash.h"

namespace ww::cab {

using DigestValue = std::variant<Sha1Digest, Sha256Digest>;

// kUnsupported for algorithms other than SHA1 and SHA256, kCorrupt for what is no such value.
Result<DigestValue> ParseDigest(std::string_view algorithm, std::string_view hex);
// True when `bytes` have this digest.
bool Matches(const DigestValue& digest, ByteView bytes);

// The same for bytes that come in pieces.
class DigestChecker {
 public:
  explicit DigestChecker(const DigestValue& expected);
  void Update(ByteView bytes);
  bool Finish();

 private:
  DigestValue expected_;
  std::variant<Sha1Hasher, Sha256Hasher> hasher_;
};

}  // namespace ww::cab
