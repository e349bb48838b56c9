// Tokens in the bodies of methods (delta-formats.md 12.4).
#include "cli_transform.h"

namespace ww::delta {
namespace {

constexpr std::uint8_t kPrefix = 0xFE;
constexpr std::uint8_t kCalli = 0x29;

// What follows an opcode.
enum Operand : std::uint8_t {
  kNothing = 0,
  kByte = 1,
  kWord = 2,
  kDouble = 4,
  kQuad = 8,
  kToken = 16,
  kSwitch = 32
};

struct OpcodeRange {
  std::uint8_t first;
  std::uint8_t last;
  Operand operand;
};

// ECMA-335 III; everything not listed has no operand.
constexpr OpcodeRange kOneByte[] = {
    {0x0E, 0x13, kByte},   {0x1F, 0x1F, kByte},   {0x20, 0x20, kDouble}, {0x21, 0x21, kQuad},
    {0x22, 0x22, kDouble}, {0x23, 0x23, kQuad},   {0x27, 0x29, kToken},  {0x2B, 0x37, kByte},
    {0x38, 0x44, kDouble}, {0x45, 0x45, kSwitch}, {0x6F, 0x75, kToken},  {0x79, 0x79, kToken},
    {0x7B, 0x81, kToken},  {0x8C, 0x8D, kToken},  {0x8F, 0x8F, kToken},  {0xA3, 0xA5, kToken},
    {0xC2, 0xC2, kToken},  {0xC6, 0xC6, kToken},  {0xD0, 0xD0, kToken},  {0xDD, 0xDD, kDouble},
    {0xDE, 0xDE, kByte},
};
constexpr OpcodeRange kTwoByte[] = {
    {0x06, 0x07, kToken}, {0x09, 0x0E, kWord},  {0x12, 0x12, kByte},
    {0x15, 0x16, kToken}, {0x1C, 0x1C, kToken},
};

template <std::size_t N>
constexpr std::array<Operand, 256> TableOf(const OpcodeRange (&ranges)[N]) {
  std::array<Operand, 256> table{};
  for (const auto& r : ranges) {
    for (unsigned op = r.first; op <= r.last; ++op) table[op] = r.operand;
  }
  return table;
}
constexpr auto kOneByteOperands = TableOf(kOneByte);
constexpr auto kTwoByteOperands = TableOf(kTwoByte);

// Stops at the first instruction that does not fit.
void TransformBody(MutableByteView code, CliRenumbering& numbers, bool map_calli) {
  std::size_t at = 0;
  while (at < code.size()) {
    auto op = std::to_integer<std::uint8_t>(code[at++]);
    Operand operand = kOneByteOperands[op];
    if (op == kPrefix) {
      if (at == code.size()) return;
      operand = kTwoByteOperands[std::to_integer<std::uint8_t>(code[at++])];
    } else if (op == kCalli && !map_calli) {
      operand = kDouble;
    }
    const std::size_t room = code.size() - at;
    std::uint64_t size = operand;
    if (operand == kToken || operand == kSwitch) {
      if (room < 4) return;
      const auto value = LoadLe<std::uint32_t>(code.data() + at);
      if (operand == kToken) StoreLe(code.data() + at, numbers.Token(value));
      size = operand == kToken ? 4 : 4 + 4 * std::uint64_t{value};
    }
    if (size > room) return;
    at += size;
  }
}

}  // namespace

void MarkCliMethods(PeWork& work, ByteView source, const CliLayout& layout) {
  for (std::uint32_t row = 0; row < VisitedMethods(layout); ++row) {
    const auto body = FindMethodBody(work.view, source, layout, row);
    if (!work.Spend(1 + (body ? body->end - body->header : 0))) return;
    if (body) {
      work.marks.Set(body->header, body->end - body->header, kMarkHandled | kMarkProtected);
    }
  }
}

void TransformCliCode(PeWork& work, ByteView source, const CliLayout& layout, const CliMap& map,
                      const PipelineVariant& variant) {
  if (map.empty()) return;
  CliRenumbering numbers(map);
  // Rows may share a body on purpose: each visit maps it again, and pays for it.
  for (std::uint32_t row = 0; row < VisitedMethods(layout); ++row) {
    const auto body = FindMethodBody(work.view, source, layout, row);
    if (!work.Spend(1 + (body ? body->end - body->code : 0))) return;
    if (!body) continue;
    TransformBody(MutableByteView(work.image).subspan(body->code, body->end - body->code), numbers,
                  variant.map_calli);
  }
}

}  // namespace ww::delta
