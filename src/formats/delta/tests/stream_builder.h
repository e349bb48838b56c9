// Rift tables, preprocess buffers and patches written by hand: what the encoder does not produce.
#pragma once

#include <bit>
#include <vector>

#include "bit_writer.h"
#include "encode_parts.h"
#include "huffman.h"
#include "patch_alphabets.h"
#include "rift.h"

namespace ww::delta {

constexpr unsigned kIntAlphabet = 252;

// The flat integer format, told symbol by symbol.
inline void WriteFlatIntFormat(BitWriter& out) {
  out.Bits(126, 8);
  out.Bits(126, 8);
  out.Bits(0, 8);
  for (const auto length : FlatLengths(kIntAlphabet)) out.Bits(length - 1u, 4);
  out.Bits(0, 4);
}

inline void WriteInt(BitWriter& out, std::int64_t value) {
  static const auto lengths = FlatLengths(kIntAlphabet);
  static const auto codes = AssignCodes(lengths);
  const bool negative = value < 0;
  const auto magnitude = static_cast<std::uint64_t>(negative ? ~value : value);
  unsigned symbol = static_cast<unsigned>(magnitude);
  unsigned extra = 0;
  if (magnitude >= 4) {
    extra = static_cast<unsigned>(std::bit_width(magnitude)) - 2;
    symbol = 2 * (extra + 1) + static_cast<unsigned>(magnitude >> extra & 1);
  }
  if (negative) symbol += kIntAlphabet / 2;
  out.Code(codes[symbol], lengths[symbol]);
  out.Bits(magnitude, extra);
}

inline void WriteRift(BitWriter& out, const std::vector<RiftEntry>& entries) {
  out.Bits(entries.empty() ? 0 : 1, 1);
  if (entries.empty()) return;
  WriteFlatIntFormat(out);
  WriteFlatIntFormat(out);
  out.Number(static_cast<std::int64_t>(entries.size()));
  RiftEntry last;
  for (const auto& e : entries) {
    WriteInt(out, WrapSub(e.source, last.source));
    WriteInt(out, WrapSub(WrapSub(e.target, e.source), WrapSub(last.target, last.source)));
    last = e;
  }
}

struct PreprocessFields {
  std::uint64_t image_base = 0;
  std::uint32_t time_stamp = 0;
  std::vector<RiftEntry> target_layout;
  std::vector<RiftEntry> source_to_target;
  bool cli_metadata = false;
};

inline Bytes WritePreprocess(const PreprocessFields& fields) {
  BitWriter out;
  out.Bits(fields.image_base, 64);
  out.Bits(0, 32);
  out.Bits(fields.time_stamp, 32);
  WriteRift(out, fields.target_layout);
  out.Bits(fields.cli_metadata ? 1 : 0, 1);
  WriteRift(out, fields.source_to_target);
  out.Bits(0, 1);
  return out.Finish();
}

// A patch under the default codes, symbol by symbol.
class PatchBuilder {
 public:
  PatchBuilder() {
    out_.Bits(0, 1);  // no base rift
    out_.Bits(1, 1);  // default codes
  }
  explicit PatchBuilder(const std::vector<RiftEntry>& base_rift) {
    WriteRift(out_, base_rift);
    out_.Bits(1, 1);
  }
  PatchBuilder& Literals(std::string_view text) {
    for (const char c : text) Symbol(kMainSymbols, static_cast<unsigned char>(c));
    return *this;
  }
  // `length` up to 8; for longer ones give 0 and the length afterwards.
  PatchBuilder& Copy(unsigned slot, unsigned length) {
    return Symbol(kMainSymbols, kLiterals + 8 * slot + (length == 0 ? 0 : length - 1));
  }
  PatchBuilder& LengthSymbol(unsigned symbol) { return Symbol(kLengthSymbols, symbol); }
  PatchBuilder& Aligned(unsigned symbol) { return Symbol(kAlignedSymbols, symbol); }
  PatchBuilder& Bits(std::uint64_t value, unsigned count) {
    out_.Bits(value, count);
    return *this;
  }
  Bytes Finish() { return out_.Finish(); }

 private:
  PatchBuilder& Symbol(unsigned alphabet, unsigned symbol) {
    const auto lengths = FlatLengths(alphabet);
    out_.Code(AssignCodes(lengths)[symbol], lengths[symbol]);
    return *this;
  }
  BitWriter out_;
};

}  // namespace ww::delta
