#include "composite.h"

#include <algorithm>

#include "rift.h"

namespace ww::delta {
namespace {

// First-level table sizes (delta-formats.md 18).
constexpr unsigned kMainTableBits = 11;
constexpr unsigned kLengthTableBits = 9;
constexpr unsigned kAlignedTableBits = 8;
constexpr unsigned kPreTreeTableBits = 7;
// Below this many symbols large tables cost more to fill than they save.
constexpr std::uint64_t kFewSymbols = 4000;
constexpr unsigned kTableBitsLess = 2;
// A set of 872 lengths takes at least seven fills of 127: no segment is shorter than this.
constexpr std::uint64_t kMinSegmentBits = 8;

struct Spans {
  std::span<const std::uint8_t> main, length, aligned;
};
Spans Split(std::span<const std::uint8_t, kAllSymbols> all) {
  return {all.subspan(0, kMainSymbols), all.subspan(kMainSymbols, kLengthSymbols),
          all.subspan(kMainSymbols + kLengthSymbols, kAlignedSymbols)};
}

// One set of lengths, told as literal values, differences to the previous set, and runs.
Status ReadLengths(BitReader& in, const HuffmanDecoder& pre_tree,
                   std::span<const std::uint8_t, kAllSymbols> previous,
                   std::span<std::uint8_t, kAllSymbols> current) {
  unsigned i = 0;
  while (i < kAllSymbols) {
    const unsigned symbol = pre_tree.Decode(in);
    if (in.failed()) return in.Check("code lengths");
    if (symbol < kPreTreeFill) {
      int length = static_cast<int>(symbol);
      if (symbol >= kPreTreeDown) {
        length = previous[i] - static_cast<int>(symbol - kPreTreeDown + 1);
      } else if (symbol >= kPreTreeUp) {
        length = previous[i] + static_cast<int>(symbol - kPreTreeUp + 1);
      }
      if (length < 0 || length > static_cast<int>(kMaxCodeLength)) {
        return Fail(Code::kCorrupt, "code lengths: difference leaves 0..16");
      }
      current[i++] = static_cast<std::uint8_t>(length);
      continue;
    }
    const unsigned run_class = (symbol - kPreTreeFill) & 7;
    const unsigned run =
        run_class < 3 ? run_class + 1
                      : 1u << (run_class - 1) | static_cast<unsigned>(in.Bits(run_class - 1));
    if (in.failed()) return in.Check("code lengths");
    if (run > kAllSymbols - i) return Fail(Code::kCorrupt, "code lengths: run beyond the last");
    if (symbol >= kPreTreeCopy) {
      std::copy_n(previous.begin() + i, run, current.begin() + i);
    } else {
      if (i == 0) return Fail(Code::kCorrupt, "code lengths: nothing to repeat");
      std::fill_n(current.begin() + i, run, current[i - 1]);
    }
    i += run;
  }
  return {};
}

}  // namespace

Result<Composite> Composite::Read(BitReader& in, const Limits& limits) {
  Composite c;
  if (in.Bit()) {
    c.starts_.push_back(0);
    return c;
  }
  const std::uint64_t count = in.Count();
  WW_RETURN_IF_ERROR(in.Check("segment count"));
  if (count == 0 || count > in.bits_left() / kMinSegmentBits) {
    return Fail(Code::kCorrupt, "more code segments than the patch can hold");
  }
  if (count > limits.max_segments) return Fail(Code::kLimit, "too many code segments");
  std::int64_t start = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    start = WrapAdd(start, in.Number());
    c.starts_.push_back(start);
  }
  std::array<std::uint8_t, kPreTreeSymbols> pre_lengths{};
  for (auto& l : pre_lengths) l = static_cast<std::uint8_t>(in.Bits(kPreTreeLengthBits));
  WW_RETURN_IF_ERROR(in.Check("code segments"));
  WW_TRY(const auto pre_tree,
         HuffmanDecoder::Make(pre_lengths, CodeRule::kComplete, kPreTreeTableBits),
         "code of the code lengths");
  const Lengths none{};
  for (std::uint64_t i = 0; i < count; ++i) {
    Lengths lengths{};
    WW_RETURN_IF_ERROR(ReadLengths(in, pre_tree, i == 0 ? none : c.lengths_.back(), lengths));
    const auto codes = Split(lengths);
    Counts counts;
    WW_TRY(counts.main, CheckCode(codes.main, CodeRule::kEmptyOrLoneToo), "main code");
    WW_TRY(counts.length, CheckCode(codes.length, CodeRule::kEmptyOrLoneToo), "length code");
    WW_TRY(counts.aligned, CheckCode(codes.aligned, CodeRule::kEmptyOrLoneToo), "aligned code");
    c.counts_.push_back(counts);
    c.lengths_.push_back(lengths);
  }
  return c;
}

const SymbolCodes& Composite::Default() {
  static const SymbolCodes kCodes{HuffmanDecoder::Flat(kMainSymbols, kMainTableBits),
                                  HuffmanDecoder::Flat(kLengthSymbols, kLengthTableBits),
                                  HuffmanDecoder::Flat(kAlignedSymbols, kAlignedTableBits)};
  return kCodes;
}

SymbolCodes Composite::Build(std::size_t segment, std::uint64_t symbols) const {
  const auto codes = Split(lengths_[segment]);
  const Counts& counts = counts_[segment];
  const unsigned less = symbols < kFewSymbols ? kTableBitsLess : 0;
  return {HuffmanDecoder::Trusted(codes.main, counts.main, kMainTableBits - less),
          HuffmanDecoder::Trusted(codes.length, counts.length, kLengthTableBits - less),
          HuffmanDecoder::Trusted(codes.aligned, counts.aligned, kAlignedTableBits - less)};
}

}  // namespace ww::delta
