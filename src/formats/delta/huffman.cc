#include "huffman.h"

#include <algorithm>
#include <bit>

namespace ww::delta {
namespace {

// In four rows, because most lengths are equal to their neighbours, and a counter has to be written
// before it can be read again.
Result<LengthCounts> CountLengths(std::span<const std::uint8_t> lengths) {
  constexpr std::size_t kRows = 4;
  std::array<LengthCounts, kRows> rows{};
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] <= kMaxCodeLength) ++rows[i % kRows][lengths[i]];
  }
  LengthCounts count{};
  std::size_t counted = 0;
  for (unsigned l = 0; l <= kMaxCodeLength; ++l) {
    for (const auto& row : rows) count[l] = static_cast<std::uint16_t>(count[l] + row[l]);
    counted += count[l];
  }
  if (counted != lengths.size()) return Fail(Code::kCorrupt, "code longer than 16 bits");
  count[0] = 0;
  return count;
}

Status CheckCounts(const LengthCounts& count, CodeRule rule) {
  std::uint64_t space = 0;  // in units of 2^-16
  std::uint64_t symbols = 0;
  for (unsigned l = 1; l <= kMaxCodeLength; ++l) {
    space += std::uint64_t{count[l]} << (kMaxCodeLength - l);
    symbols += count[l];
  }
  if (space == 1u << kMaxCodeLength) return {};
  if (rule == CodeRule::kEmptyOrLoneToo && (symbols == 0 || (symbols == 1 && count[1] == 1))) {
    return {};
  }
  return Fail(Code::kCorrupt, space > 1u << kMaxCodeLength ? "over-subscribed prefix code"
                                                           : "incomplete prefix code");
}

// Sixteen bits, the other way round.
constexpr std::uint32_t Reverse16(std::uint32_t x) {
  x = (x & 0x5555) << 1 | (x >> 1 & 0x5555);
  x = (x & 0x3333) << 2 | (x >> 2 & 0x3333);
  x = (x & 0x0F0F) << 4 | (x >> 4 & 0x0F0F);
  return (x & 0x00FF) << 8 | x >> 8;
}
constexpr std::uint32_t Reverse(std::uint32_t code, unsigned length) {
  return Reverse16(code) >> (kMaxCodeLength - length);
}

}  // namespace

Result<LengthCounts> CheckCode(std::span<const std::uint8_t> lengths, CodeRule rule) {
  WW_TRY(const auto count, CountLengths(lengths), "prefix code");
  WW_RETURN_IF_ERROR(CheckCounts(count, rule));
  return count;
}

Result<HuffmanDecoder> HuffmanDecoder::Make(std::span<const std::uint8_t> lengths, CodeRule rule,
                                            unsigned table_bits) {
  const auto count = CheckCode(lengths, rule);
  if (!count) return Fail(count.error());
  return Trusted(lengths, *count, table_bits);
}

HuffmanDecoder HuffmanDecoder::Trusted(std::span<const std::uint8_t> lengths,
                                       const LengthCounts& counts, unsigned table_bits) {
  HuffmanDecoder d;
  d.count_ = counts;
  for (unsigned l = 1; l <= kMaxCodeLength; ++l) {
    if (counts[l] != 0) d.max_length_ = l;
  }
  d.table_bits_ = std::min(table_bits, d.max_length_);
  std::uint32_t code = 0;
  for (unsigned l = d.max_length_; l >= 1; --l) {
    d.first_[l] = code;
    code = (code + counts[l]) >> 1;
  }
  std::uint32_t longer = 0;
  for (unsigned l = d.table_bits_ + 1; l <= d.max_length_; ++l) {
    d.offset_[l] = longer;
    longer += counts[l];
  }
  d.table_.assign(std::size_t{1} << d.table_bits_, 0);
  d.mask_ = d.table_.size() - 1;
  d.sorted_.resize(longer);
  std::array<std::uint32_t, kMaxCodeLength + 1> next = d.first_;
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    const unsigned l = lengths[s];
    if (l == 0) continue;
    const std::uint32_t own = next[l]++;
    if (l > d.table_bits_) {
      d.sorted_[d.offset_[l] + own - d.first_[l]] = static_cast<std::uint16_t>(s);
      continue;
    }
    const auto entry = static_cast<std::uint16_t>(s << kEntryLengthBits | l);
    for (std::size_t i = Reverse(own, l); i < d.table_.size(); i += std::size_t{1} << l) {
      d.table_[i] = entry;
    }
  }
  return d;
}

HuffmanDecoder HuffmanDecoder::Flat(unsigned symbols, unsigned table_bits) {
  return *Make(FlatLengths(symbols), CodeRule::kComplete, table_bits);
}

// A longer code of this kind has the smaller value: once the bits read so far, taken as a number,
// reach the smallest code of their length, the code ends there.
HuffmanEntry HuffmanDecoder::FindLong(std::uint64_t bits) const {
  const std::uint32_t reversed = Reverse16(static_cast<std::uint32_t>(bits & 0xFFFF));
  for (unsigned l = table_bits_ + 1; l <= max_length_; ++l) {
    const std::uint32_t code = reversed >> (kMaxCodeLength - l);
    if (count_[l] == 0 || code < first_[l]) continue;
    if (code - first_[l] >= count_[l]) break;
    return static_cast<HuffmanEntry>(sorted_[offset_[l] + code - first_[l]]) << kEntryLengthBits |
           l;
  }
  return 0;  // the unused half of a lone code, or any bits of an empty one
}

std::vector<std::uint8_t> FlatLengths(unsigned symbols) {
  const auto longest = static_cast<unsigned>(std::bit_width(symbols - 1));
  const unsigned shorter = (1u << longest) - symbols;
  std::vector<std::uint8_t> lengths(symbols, static_cast<std::uint8_t>(longest));
  std::fill_n(lengths.begin(), shorter, static_cast<std::uint8_t>(longest - 1));
  return lengths;
}

}  // namespace ww::delta
