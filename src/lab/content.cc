#include "content.h"

#include <algorithm>
#include <array>
#include <vector>

#include "words.h"

namespace ww::lab {
namespace {

constexpr std::uint64_t kBlock = 4096;

// Instruction-like fragments of 2 to 8 bytes, and idioms of 32: their uneven frequency is what
// compresses.
struct Fragments {
  std::array<std::uint64_t, 256> bits;
  std::array<std::uint8_t, 256> length;
  std::array<std::array<std::uint64_t, 4>, 32> idioms;
};

const Fragments& CodeFragments() {
  static const Fragments kFragments = [] {
    Fragments f{};
    Random random(0x5eed);
    for (std::size_t i = 0; i < f.bits.size(); ++i) {
      f.bits[i] = random.Next();
      f.length[i] = static_cast<std::uint8_t>(2 + random.Below(7));
    }
    for (auto& idiom : f.idioms) {
      for (std::uint64_t& word : idiom) word = random.Next();
    }
    return f;
  }();
  return kFragments;
}

constexpr std::size_t kOverrun = 40;  // how far FillCode may write behind a block

// Fills a whole block; `out` has room for kOverrun bytes more.
void FillCode(std::uint64_t seed, std::byte* out) {
  const Fragments& fragments = CodeFragments();
  Random random(seed);
  std::size_t at = 0;
  while (at < kBlock) {
    std::uint64_t bits = random.Next();
    if ((bits >> 60) < 4) {
      for (const std::uint64_t word : fragments.idioms[bits & 0x1f]) {
        StoreLe(out + at, word);
        at += 8;
      }
      continue;
    }
    for (int i = 0; i < 3 && at < kBlock; ++i, bits >>= 20) {
      // The smaller of two draws: low numbers are more frequent.
      const std::size_t index = std::min(bits & 0xff, (bits >> 8) & 0xff);
      StoreLe(out + at, fragments.bits[index]);
      at += fragments.length[index];
    }
    // An operand that nobody could predict.
    if (at < kBlock) out[at++] = static_cast<std::byte>(bits);
  }
}

void FillText(std::uint64_t seed, std::byte* out) {
  Random random(seed);
  std::size_t at = 0;
  unsigned column = 0;
  while (at < kBlock) {
    const std::uint64_t bits = random.Next();
    const std::string_view word =
        Word(std::min(bits & 0xff, (bits >> 8) & 0xff) * ((bits >> 16) % 5 == 0 ? 7 : 1));
    for (char c : word) {
      if (at < kBlock) out[at++] = static_cast<std::byte>(c);
    }
    column += static_cast<unsigned>(word.size()) + 1;
    if (at < kBlock && column > 72) {
      out[at++] = std::byte{'\r'};
      column = 0;
      if (at < kBlock) out[at++] = std::byte{'\n'};
    } else if (at < kBlock) {
      out[at++] = (bits >> 40) % 9 == 0 ? std::byte{'='} : std::byte{' '};
    }
  }
}

void FillRandom(std::uint64_t seed, std::byte* out) {
  Random random(seed);
  for (std::size_t at = 0; at < kBlock; at += 8) StoreLe(out + at, random.Next());
}

// A header that tools recognise as a 32-bit program without sections.
void FillProgramHeader(std::byte* out) {
  std::fill(out, out + 512, std::byte{0});
  StoreLe<std::uint16_t>(out, 0x5A4D);         // MZ
  StoreLe<std::uint32_t>(out + 0x3C, 0x80);    // e_lfanew
  StoreLe<std::uint32_t>(out + 0x80, 0x4550);  // PE\0\0
  StoreLe<std::uint16_t>(out + 0x84, 0x14C);   // I386
  StoreLe<std::uint16_t>(out + 0x94, 0xE0);    // size of the optional header
  StoreLe<std::uint16_t>(out + 0x96, 0x2102);  // executable, 32 bit, library
  StoreLe<std::uint16_t>(out + 0x98, 0x10B);   // PE32
  StoreLe<std::uint32_t>(out + 0xB8, 0x1000);  // section alignment
  StoreLe<std::uint32_t>(out + 0xBC, 0x200);   // file alignment
  StoreLe<std::uint32_t>(out + 0xD4, 0x200);   // size of headers
}

std::uint64_t BlockSeed(const ContentSpec& spec, std::uint64_t block) {
  std::uint64_t seed = Mix(spec.seed, block);
  for (std::uint32_t r = spec.revision; r > 0; --r) {
    const std::uint64_t changed = Mix(seed, r);
    if (block == 0 || changed % 8 == 0) return changed;
  }
  return seed;
}

void FillBlock(const ContentSpec& spec, std::uint64_t block, std::byte* out) {
  const std::uint64_t seed = BlockSeed(spec, block);
  switch (spec.kind) {
    case ContentKind::kCode:
      FillCode(seed, out);
      if (block == 0 && spec.size >= 1024) FillProgramHeader(out);
      break;
    case ContentKind::kText:
      FillText(seed, out);
      break;
    case ContentKind::kRandom:
      FillRandom(seed, out);
      break;
  }
}

}  // namespace

std::uint64_t Random::Next() {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

std::uint64_t Mix(std::uint64_t a, std::uint64_t b) { return Random(Random(a).Next() ^ b).Next(); }

std::uint64_t SeedOf(std::string_view text) {
  std::uint64_t seed = 0xcbf29ce484222325;
  for (char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return seed;
}

Content Content::Literal(Bytes bytes) {
  Content content;
  content.value_ = std::make_shared<const Bytes>(std::move(bytes));
  return content;
}

Content Content::Literal(std::string_view text) { return Literal(ToBytes(text)); }

std::uint64_t Content::size() const {
  if (const auto* spec = std::get_if<ContentSpec>(&value_)) return spec->size;
  return std::get<1>(value_)->size();
}

void Content::ReadAt(std::uint64_t offset, MutableByteView out) const {
  if (const auto* literal = std::get_if<1>(&value_)) {
    std::copy_n((*literal)->data() + offset, out.size(), out.data());
    return;
  }
  const ContentSpec& spec = std::get<0>(value_);
  std::array<std::byte, kBlock + kOverrun> block;
  while (!out.empty()) {
    const std::uint64_t index = offset / kBlock;
    const std::size_t from = static_cast<std::size_t>(offset % kBlock);
    const std::size_t count = std::min<std::size_t>(out.size(), kBlock - from);
    FillBlock(spec, index, block.data());
    std::copy_n(block.data() + from, count, out.data());
    out = out.subspan(count);
    offset += count;
  }
}

Bytes Content::All() const {
  Bytes bytes(static_cast<std::size_t>(size()));
  ReadAt(0, bytes);
  return bytes;
}

const Sha256Digest& DigestCache::Sha256Of(const Content& content) {
  if (const auto found = known_.find(content); found != known_.end()) return found->second;
  Sha256Hasher hasher;
  Bytes piece;
  for (std::uint64_t at = 0; at < content.size(); at += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(1 << 16, content.size() - at)));
    content.ReadAt(at, piece);
    hasher.Update(piece);
  }
  return known_.emplace(content, hasher.Finish()).first->second;
}

}  // namespace ww::lab
