#include <algorithm>
#include <bit>

#include "bit_writer.h"
#include "encode_parts.h"
#include "huffman.h"
#include "patch_alphabets.h"

namespace ww::delta {
namespace {

constexpr unsigned kPreTreeMaxLength = 15;
constexpr unsigned kLongestRun = 127;
constexpr unsigned kShortestRun = 4;  // shorter ones are told one by one
// Above this size explicit codes always pay.
constexpr std::size_t kTryDefaultCodesBelow = 64u << 10;

// Tells one item to `sink`: Main, Length and Aligned symbols and plain Bits, in the order of the
// format.
template <typename Sink>
void EmitDistance(Sink& sink, std::uint32_t distance, std::uint32_t length_class) {
  const auto width = static_cast<unsigned>(std::bit_width(distance));
  const unsigned extra = distance < 4 ? 0 : width - 2;
  const unsigned exponent = distance < 4 ? distance : 2 * (extra + 1) + (distance >> extra & 1);
  if (exponent < 36) {
    sink.Main(kLiterals + (exponent + kFirstExponent) * kLengthClasses + length_class);
  } else {
    sink.Main(kLiterals + kSlotEscape * kLengthClasses + length_class);
    if (exponent < 40) {
      sink.Bits(0, 1);
      sink.Bits(exponent - 36, 2);
    } else if (exponent < 48) {
      sink.Bits(1, 2);
      sink.Bits(exponent - 40, 3);
    } else {
      sink.Bits(3, 2);
      sink.Bits(exponent - 48, 4);
    }
  }
  if (extra < 4) {
    sink.Bits(distance, extra);
  } else {
    sink.Bits(distance >> 4, extra - 4);
    sink.Aligned(distance & 15);
  }
}

template <typename Sink>
void EmitLength(Sink& sink, std::uint32_t length) {
  if (length <= kLongestClassLength) return;
  if (length <= kLongestSymbolLength) {
    sink.Length(length - kLongestClassLength);
    return;
  }
  sink.Length(0);
  const std::uint32_t big = length - kLongestClassLength;  // at least 256
  const auto bits = static_cast<unsigned>(std::bit_width(big)) - 1;
  sink.Bits(std::uint64_t{1} << (bits - 8), bits - 7);
  sink.Bits(big, bits);
}

template <typename Sink>
void EmitItem(Sink& sink, const Item& item) {
  if (item.length == 0) {
    sink.Main(item.literal);
    return;
  }
  const std::uint32_t length_class = item.length <= kLongestClassLength ? item.length - 1 : 0;
  if (item.slot == kSlotEscape) {
    EmitDistance(sink, item.distance, length_class);
  } else {
    sink.Main(kLiterals + item.slot * kLengthClasses + length_class);
  }
  EmitLength(sink, item.length);
}

struct Frequencies {
  std::vector<std::uint64_t> main = std::vector<std::uint64_t>(kMainSymbols);
  std::vector<std::uint64_t> length = std::vector<std::uint64_t>(kLengthSymbols);
  std::vector<std::uint64_t> aligned = std::vector<std::uint64_t>(kAlignedSymbols);

  void Main(unsigned symbol) { ++main[symbol]; }
  void Length(unsigned symbol) { ++length[symbol]; }
  void Aligned(unsigned symbol) { ++aligned[symbol]; }
  void Bits(std::uint64_t, unsigned) {}
};

struct Code {
  explicit Code(std::vector<std::uint8_t> code_lengths)
      : lengths(std::move(code_lengths)), codes(AssignCodes(lengths)) {}
  void Write(BitWriter& out, unsigned symbol) const { out.Code(codes[symbol], lengths[symbol]); }
  std::vector<std::uint8_t> lengths;
  std::vector<std::uint32_t> codes;
};

struct ItemWriter {
  BitWriter& out;
  const Code& main;
  const Code& length;
  const Code& aligned;

  void Main(unsigned symbol) { main.Write(out, symbol); }
  void Length(unsigned symbol) { length.Write(out, symbol); }
  void Aligned(unsigned symbol) { aligned.Write(out, symbol); }
  void Bits(std::uint64_t value, unsigned count) { out.Bits(value, count); }
};

struct LengthStep {
  unsigned symbol = 0;  // of the pre-tree
  unsigned extra = 0;
  unsigned extra_bits = 0;
};

// Verbatim lengths and runs of the last one.
std::vector<LengthStep> DescribeLengths(const std::vector<std::uint8_t>& lengths) {
  std::vector<LengthStep> steps;
  for (std::size_t i = 0; i < lengths.size();) {
    std::size_t end = i;
    while (i > 0 && end < lengths.size() && end - i < kLongestRun &&
           lengths[end] == lengths[i - 1]) {
      ++end;
    }
    const auto run = static_cast<unsigned>(end - i);
    if (run >= kShortestRun) {
      const auto bits = static_cast<unsigned>(std::bit_width(run)) - 1;  // 2..6
      steps.push_back({kPreTreeFill + bits + 1, run & ((1u << bits) - 1), bits});
      i = end;
    } else {
      steps.push_back({lengths[i], 0, 0});
      ++i;
    }
  }
  return steps;
}

void WriteExplicitCodes(BitWriter& out, std::size_t source_size, const Code& main,
                        const Code& length, const Code& aligned) {
  std::vector<std::uint8_t> all = main.lengths;
  all.insert(all.end(), length.lengths.begin(), length.lengths.end());
  all.insert(all.end(), aligned.lengths.begin(), aligned.lengths.end());
  const auto steps = DescribeLengths(all);
  std::vector<std::uint64_t> used(kPreTreeSymbols);
  for (const auto& s : steps) ++used[s.symbol];
  const Code pre_tree(CodeLengths(used, kPreTreeMaxLength));

  out.Bits(0, 1);  // explicit
  out.Number(1);   // one segment
  out.Number(static_cast<std::int64_t>(source_size));
  for (const auto l : pre_tree.lengths) out.Bits(l, kPreTreeLengthBits);
  for (const auto& s : steps) {
    pre_tree.Write(out, s.symbol);
    out.Bits(s.extra, s.extra_bits);
  }
}

Bytes WritePatch(const std::vector<Item>& items, std::size_t source_size, bool explicit_codes,
                 const Code& main, const Code& length, const Code& aligned) {
  BitWriter out;
  out.Bits(0, 1);  // no rift of its own
  if (explicit_codes) {
    WriteExplicitCodes(out, source_size, main, length, aligned);
  } else {
    out.Bits(1, 1);
  }
  ItemWriter writer{out, main, length, aligned};
  for (const auto& item : items) EmitItem(writer, item);
  return out.Finish();
}

}  // namespace

Bytes EncodePatch(ByteView source, ByteView target, bool allow_mapped) {
  const auto items = FindMatches(source, target, allow_mapped);
  Frequencies frequencies;
  for (const auto& item : items) EmitItem(frequencies, item);
  const Code main(CodeLengths(frequencies.main, kMaxCodeLength));
  const Code length(CodeLengths(frequencies.length, kMaxCodeLength));
  const Code aligned(CodeLengths(frequencies.aligned, kMaxCodeLength));
  Bytes patch = WritePatch(items, source.size(), true, main, length, aligned);
  if (target.size() < kTryDefaultCodesBelow) {
    Bytes flat = WritePatch(items, source.size(), false, Code(FlatLengths(kMainSymbols)),
                            Code(FlatLengths(kLengthSymbols)), Code(FlatLengths(kAlignedSymbols)));
    if (flat.size() <= patch.size()) patch = std::move(flat);
  }
  return patch;
}

}  // namespace ww::delta
