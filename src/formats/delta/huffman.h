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

// A decoded symbol: what it is and how many bits its code has. 0: no such code.
using HuffmanEntry = std::uint32_t;
constexpr unsigned kEntryLengthBits = 5;
constexpr unsigned EntryLength(HuffmanEntry e) { return e & ((1u << kEntryLengthBits) - 1); }
constexpr unsigned EntrySymbol(HuffmanEntry e) { return e >> kEntryLengthBits; }

// How many symbols have a code of each length; [0] is not counted.
using LengthCounts = std::array<std::uint16_t, kMaxCodeLength + 1>;

// Counts, and the completeness test: kCorrupt for an over- or under-subscribed code.
Result<LengthCounts> CheckCode(std::span<const std::uint8_t> lengths, CodeRule rule);

class HuffmanDecoder {
 public:
  // `lengths[s]` in 0..16, 0: symbol absent; at most 2048 symbols. `table_bits`: size of the direct
  // table; longer codes are searched by length. kCorrupt for an over- or under-subscribed code.
  static Result<HuffmanDecoder> Make(std::span<const std::uint8_t> lengths, CodeRule rule,
                                     unsigned table_bits);
  // The same for a code that CheckCode() has let pass.
  static HuffmanDecoder Trusted(std::span<const std::uint8_t> lengths, const LengthCounts& counts,
                                unsigned table_bits);
  // The code that needs no description: all lengths equal or one apart.
  static HuffmanDecoder Flat(unsigned symbols, unsigned table_bits);

  // The symbol whose code the lowest of these bits are; 16 of them have to be there.
  HuffmanEntry Find(std::uint64_t bits) const {
    const HuffmanEntry entry = table_[bits & mask_];
    return EntryLength(entry) != 0 ? entry : FindLong(bits);
  }

  // The direct table by itself, for loops that keep it in registers.
  struct Table {
    const std::uint16_t* entries;
    std::uint64_t mask;
    const HuffmanDecoder* decoder;
    HuffmanEntry Find(std::uint64_t bits) const {
      const HuffmanEntry entry = entries[bits & mask];
      return EntryLength(entry) != 0 ? entry : decoder->FindLong(bits);
    }
  };
  Table table() const { return {table_.data(), mask_, this}; }

  // The next symbol. On a code that does not exist, or at the end, fails `in` and returns 0.
  unsigned Decode(BitReader& in) const {
    const HuffmanEntry entry = Find(in.Peek());
    if (EntryLength(entry) == 0) in.Fail();
    in.Consume(EntryLength(entry));
    return in.failed() ? 0 : EntrySymbol(entry);
  }

 private:
  HuffmanDecoder() = default;
  HuffmanEntry FindLong(std::uint64_t bits) const;

  std::vector<std::uint16_t> table_;  // entries; length 0: not decided by this many bits
  std::uint64_t mask_ = 0;
  unsigned table_bits_ = 0;
  unsigned max_length_ = 0;
  std::array<std::uint32_t, kMaxCodeLength + 1> first_{};  // smallest code of each length
  LengthCounts count_{};
  std::array<std::uint32_t, kMaxCodeLength + 1>
      offset_{};                       // where a length above the table's starts in sorted_
  std::vector<std::uint16_t> sorted_;  // symbols with such lengths, by length and number
};

// The code lengths of the flat code.
std::vector<std::uint8_t> FlatLengths(unsigned symbols);

}  // namespace ww::delta
