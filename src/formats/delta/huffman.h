// Prefix codes of delta-formats.md 5.2: canonical, but long codes have the small values.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "bit_reader.h"

namespace ww::delta {

constexpr unsigned kMaxCodeLength = 16;

// What is legal besides a complete code.
enum class CodeRule {
  kComplete,        // nothing
  kEmptyOrLoneToo,  // no symbol at all, or a single one of length 1: met in genuine patches
};

class HuffmanDecoder {
 public:
  // `lengths[s]` in 0..16, 0: symbol absent. `table_bits`: size of the direct table; longer codes
  // are searched by length. kCorrupt for an over- or under-subscribed code.
  static Result<HuffmanDecoder> Make(std::span<const std::uint8_t> lengths, CodeRule rule,
                                     unsigned table_bits);
  // The code that needs no description: all lengths equal or one apart.
  static HuffmanDecoder Flat(unsigned symbols, unsigned table_bits);

  // The next symbol. On a code that does not exist, or at the end, fails `in` and returns 0.
  unsigned Decode(BitReader& in) const {
    const std::uint64_t peeked = in.Peek();
    const std::uint32_t entry = table_[peeked & mask_];
    const unsigned length = entry & 0xFF;
    if (length == 0) return DecodeLong(in, peeked);
    in.Consume(length);
    return entry >> 8;
  }

 private:
  HuffmanDecoder() = default;
  unsigned DecodeLong(BitReader& in, std::uint64_t peeked) const;

  std::vector<std::uint32_t>
      table_;  // symbol << 8 | length; length 0: not decided by this many bits
  std::uint64_t mask_ = 0;
  unsigned table_bits_ = 0;
  unsigned max_length_ = 0;
  std::array<std::uint32_t, kMaxCodeLength + 1> first_{};  // smallest code of each length
  std::array<std::uint32_t, kMaxCodeLength + 1> count_{};
  std::array<std::uint32_t, kMaxCodeLength + 1> offset_{};  // where each length starts in sorted_
  std::vector<std::uint16_t> sorted_;                       // symbols by length, then by number
};

// The completeness test alone.
Status CheckCode(std::span<const std::uint8_t> lengths, CodeRule rule);

// The code lengths of the flat code.
std::vector<std::uint8_t> FlatLengths(unsigned symbols);

}  // namespace ww::delta
