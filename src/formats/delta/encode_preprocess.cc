#include "encode_preprocess.h"

#include <bit>

#include "encode_parts.h"

namespace ww::delta {
namespace {

constexpr unsigned kIntSymbols = 252;
constexpr unsigned kIntPositive = 126;
constexpr unsigned kLonger = 248;  // symbols of 8 bits, the rest has 7: a complete code
constexpr unsigned kLongerLength = 8;

struct IntCode {
  std::vector<std::uint8_t> lengths;
  std::vector<std::uint32_t> codes;
};
const IntCode& FixedIntCode() {
  static const IntCode kCode = [] {
    IntCode code;
    for (unsigned i = 0; i < kIntSymbols; ++i) {
      code.lengths.push_back(static_cast<std::uint8_t>(kLongerLength - (i < kLonger ? 0 : 1)));
    }
    code.codes = AssignCodes(code.lengths);
    return code;
  }();
  return kCode;
}

void WriteIntFormat(BitWriter& out) {
  out.Bits(0, 8);  // no length told by itself
  out.Bits(0, 8);
  out.Bits(kLonger, 8);
  out.Bits(kLongerLength - 1, 4);
}

void WriteInt(BitWriter& out, std::int64_t value) {
  const auto magnitude = static_cast<std::uint64_t>(value < 0 ? ~value : value);
  auto symbol = static_cast<unsigned>(magnitude);
  unsigned extra = 0;
  if (magnitude >= 4) {
    extra = static_cast<unsigned>(std::bit_width(magnitude)) - 2;
    symbol = 2 * (extra + 1) + static_cast<unsigned>(magnitude >> extra & 1);
  }
  if (value < 0) symbol += kIntPositive;
  out.Code(FixedIntCode().codes[symbol], FixedIntCode().lengths[symbol]);
  out.Bits(magnitude, extra);
}

void WriteRiftBody(BitWriter& out, const RiftTable& table) {
  out.Number(static_cast<std::int64_t>(table.entries().size()));
  RiftEntry last;
  for (const auto& e : table.entries()) {
    WriteInt(out, WrapSub(e.source, last.source));
    WriteInt(out, WrapSub(WrapSub(e.target, e.source), WrapSub(last.target, last.source)));
    last = e;
  }
}

void WriteCliMetadata(BitWriter& out, const CliLayout& layout) {
  for (int i = 0; i < 5; ++i) out.Bits(0, 32);  // no transform depends on these
  for (const auto& stream : layout.streams) {
    out.Bits(stream.offset, 32);
    out.Bits(stream.size, 32);
  }
  out.Bits(layout.wide_strings ? 1 : 0, 1);
  out.Bits(layout.wide_guids ? 1 : 0, 1);
  out.Bits(layout.wide_blobs ? 1 : 0, 1);
  out.Bits(layout.valid, 64);
  for (unsigned t = 0; t < kCliTables; ++t) {
    if ((layout.valid >> t & 1) != 0) out.Bits(layout.rows[t], 32);
  }
}

}  // namespace

void WriteRift(BitWriter& out, const RiftTable& table) {
  out.Bits(table.empty() ? 0 : 1, 1);
  if (table.empty()) return;
  WriteIntFormat(out);
  WriteIntFormat(out);
  WriteRiftBody(out, table);
}

Bytes WritePreprocess(const Preprocess& p) {
  BitWriter out;
  out.Bits(p.image_base, 64);
  out.Bits(p.global_pointer, 32);
  out.Bits(p.time_stamp, 32);
  WriteRift(out, p.target_layout);
  out.Bits(p.target_cli ? 1 : 0, 1);
  if (p.target_cli) WriteCliMetadata(out, *p.target_cli);
  WriteRift(out, p.source_to_target);
  out.Bits(p.cli_map.empty() ? 0 : 1, 1);
  if (!p.cli_map.empty()) {
    for (int i = 0; i < 4; ++i) WriteIntFormat(out);
    for (const auto& heap : p.cli_map.heaps) WriteRiftBody(out, heap);
    for (const auto& table : p.cli_map.tables) WriteRiftBody(out, table);
  }
  return out.Finish();
}

}  // namespace ww::delta
