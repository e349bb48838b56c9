#include "amd64_length.h"

#include <array>

namespace ww::delta {
namespace {

enum Attribute : std::uint16_t {
  kStop = 1 << 0,  // not decoded: the instruction ends with its opcode
  kModRm = 1 << 1,
  kRel8 = 1 << 2,
  kRel32 = 1 << 3,
  kImm8 = 1 << 4,
  kImm16 = 1 << 5,
  kImmZ = 1 << 6,    // 16 bits under prefix 66 without REX.W, else 32
  kImmV = 1 << 7,    // 64 with REX.W, 16 under 66, else 32
  kImm24 = 1 << 8,   // ENTER: 16 + 8
  kMoffs = 1 << 9,   // an absolute address: 64 bits, 32 under prefix 67
  kTest8 = 1 << 10,  // F6: imm8 for /0 and /1
  kTestZ = 1 << 11,  // F7: immZ for /0 and /1
};

using AttributeMap = std::array<std::uint16_t, 256>;

struct Range {
  std::uint8_t first, last;
};

template <std::size_t N>
constexpr void Add(AttributeMap& map, std::uint16_t attribute, const Range (&ranges)[N]) {
  for (const auto& r : ranges) {
    for (unsigned op = r.first; op <= r.last; ++op) map[op] |= attribute;
  }
}

constexpr AttributeMap kOneByte = [] {
  AttributeMap m{};
  Add(m, kStop,
      {{0x06, 0x07},
       {0x0E, 0x0E},
       {0x16, 0x17},
       {0x1E, 0x1F},
       {0x27, 0x27},
       {0x2F, 0x2F},
       {0x37, 0x37},
       {0x3F, 0x3F},
       {0x60, 0x62},
       {0x82, 0x82},
       {0x9A, 0x9A},
       {0x9E, 0x9F},
       {0xC4, 0xC5},
       {0xCE, 0xCE},
       {0xD4, 0xD6},
       {0xEA, 0xEA}});
  Add(m, kModRm,
      {{0x00, 0x03},
       {0x08, 0x0B},
       {0x10, 0x13},
       {0x18, 0x1B},
       {0x20, 0x23},
       {0x28, 0x2B},
       {0x30, 0x33},
       {0x38, 0x3B},
       {0x63, 0x63},
       {0x69, 0x69},
       {0x6B, 0x6B},
       {0x80, 0x81},
       {0x83, 0x8F},
       {0xC0, 0xC1},
       {0xC6, 0xC7},
       {0xD0, 0xD3},
       {0xD8, 0xDF},
       {0xF6, 0xF7},
       {0xFE, 0xFF}});
  Add(m, kRel8, {{0x70, 0x7F}, {0xE0, 0xE3}, {0xEB, 0xEB}});
  Add(m, kRel32, {{0xE8, 0xE9}});
  Add(m, kMoffs, {{0xA0, 0xA3}});
  Add(m, kImm8,
      {{0x04, 0x04},
       {0x0C, 0x0C},
       {0x14, 0x14},
       {0x1C, 0x1C},
       {0x24, 0x24},
       {0x2C, 0x2C},
       {0x34, 0x34},
       {0x3C, 0x3C},
       {0x6A, 0x6B},
       {0x80, 0x80},
       {0x83, 0x83},
       {0xA8, 0xA8},
       {0xB0, 0xB7},
       {0xC0, 0xC1},
       {0xC6, 0xC6},
       {0xCD, 0xCD},
       {0xE4, 0xE7}});
  Add(m, kImmZ,
      {{0x05, 0x05},
       {0x0D, 0x0D},
       {0x15, 0x15},
       {0x1D, 0x1D},
       {0x25, 0x25},
       {0x2D, 0x2D},
       {0x35, 0x35},
       {0x3D, 0x3D},
       {0x68, 0x69},
       {0x81, 0x81},
       {0xA9, 0xA9},
       {0xC7, 0xC7}});
  Add(m, kImm16, {{0xC2, 0xC2}, {0xCA, 0xCA}});
  Add(m, kImm24, {{0xC8, 0xC8}});
  Add(m, kImmV, {{0xB8, 0xBF}});
  Add(m, kTest8, {{0xF6, 0xF6}});
  Add(m, kTestZ, {{0xF7, 0xF7}});
  return m;
}();

constexpr AttributeMap kTwoByte = [] {
  AttributeMap m{};
  m.fill(kModRm);
  const auto set = [&m](std::uint16_t attribute, const auto& ranges) {
    for (const auto& r : ranges) {
      for (unsigned op = r.first; op <= r.last; ++op) m[op] = attribute;
    }
  };
  constexpr Range kStops[] = {{0x0A, 0x0A}, {0x0C, 0x0C}, {0x19, 0x1F}, {0x24, 0x27},
                              {0x34, 0x3F}, {0x78, 0x7D}, {0xA6, 0xA7}, {0xB8, 0xB8},
                              {0xD0, 0xD0}, {0xF0, 0xF0}, {0xFF, 0xFF}};
  constexpr Range kPlain[] = {{0x04, 0x09}, {0x0B, 0x0B}, {0x0E, 0x0E}, {0x30, 0x33},
                              {0x77, 0x77}, {0xA0, 0xA2}, {0xA8, 0xAA}, {0xC8, 0xCF}};
  constexpr Range kBranches[] = {{0x80, 0x8F}};
  set(kStop, kStops);
  set(0, kPlain);
  set(kRel32, kBranches);
  Add(m, kImm8,
      {{0x0F, 0x0F},
       {0x70, 0x73},
       {0xA4, 0xA4},
       {0xAC, 0xAC},
       {0xBA, 0xBA},
       {0xC2, 0xC2},
       {0xC4, 0xC6}});
  return m;
}();

constexpr bool IsPrefix(std::uint8_t b) {
  switch (b) {
    case 0x66:
    case 0x67:
    case 0x26:
    case 0x2E:
    case 0x36:
    case 0x3E:
    case 0x64:
    case 0x65:
    case 0xF0:
    case 0xF2:
    case 0xF3:
      return true;
    default:
      return false;
  }
}
// F0, F2 and F3 count as instructions of their own after a REX.
constexpr bool StopsAfterRex(std::uint8_t b) {
  return (b & 0xF0) == 0x40 || (IsPrefix(b) && b < 0xF0);
}

// Consumes the window; a field that does not fit ends the instruction before it.
class Decoder {
 public:
  explicit Decoder(ByteView window) : window_(window) {}
  Amd64Instruction Run();

 private:
  bool more() const { return at_ < window_.size(); }
  std::uint8_t peek() const { return std::to_integer<std::uint8_t>(window_[at_]); }
  std::uint8_t take() { return std::to_integer<std::uint8_t>(window_[at_++]); }
  bool Skip(unsigned size) {
    if (size > window_.size() - at_) return false;
    at_ += size;
    return true;
  }
  Amd64Instruction Done(unsigned relative = 0) const {
    return {static_cast<unsigned>(at_), relative};
  }
  bool ModRm();
  unsigned ImmediateSize(std::uint16_t attributes) const;

  ByteView window_;
  std::size_t at_ = 0;
  bool operand16_ = false;
  bool address32_ = false;
  bool wide_ = false;
  unsigned reg_ = 0;       // the middle field of ModRM
  unsigned relative_ = 0;  // of a RIP-relative operand
};

bool Decoder::ModRm() {
  if (!more()) return false;
  const std::uint8_t modrm = take();
  const unsigned mod = modrm >> 6;
  const unsigned rm = modrm & 7;
  reg_ = modrm >> 3 & 7;
  if (mod == 3) return true;
  unsigned displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;
  if (rm == 4) {
    if (!more()) return false;
    const std::uint8_t sib = take();
    if (mod == 0 && (sib & 7) == 5) displacement = 4;
  } else if (mod == 0 && rm == 5) {
    const auto field = static_cast<unsigned>(at_);
    if (!Skip(4)) return false;
    relative_ = field;
    return true;
  }
  return Skip(displacement);
}

unsigned Decoder::ImmediateSize(std::uint16_t attributes) const {
  const unsigned z = operand16_ && !wide_ ? 2 : 4;
  if ((attributes & (kImm8 | kRel8)) != 0) return 1;
  if ((attributes & kImm16) != 0) return 2;
  if ((attributes & kImm24) != 0) return 3;
  if ((attributes & kImmZ) != 0) return z;
  if ((attributes & kImmV) != 0) return wide_ ? 8 : operand16_ ? 2 : 4;
  if ((attributes & kMoffs) != 0) return address32_ ? 4 : 8;
  if ((attributes & kTest8) != 0) return reg_ < 2 ? 1 : 0;
  if ((attributes & kTestZ) != 0) return reg_ < 2 ? z : 0;
  return 0;
}

Amd64Instruction Decoder::Run() {
  while (more() && IsPrefix(peek())) {
    const std::uint8_t prefix = take();
    operand16_ |= prefix == 0x66;
    address32_ |= prefix == 0x67;
  }
  if (!more()) return Done();
  std::uint8_t op = take();
  if ((op & 0xF0) == 0x40) {
    wide_ = (op & 8) != 0;
    if (!more()) return Done();
    op = take();
    if (StopsAfterRex(op)) return Done();
  }
  std::uint16_t attributes = kOneByte[op];
  if (op == 0x0F) {
    if (!more()) return Done();
    attributes = kTwoByte[take()];
  }
  if ((attributes & kStop) != 0) return Done();
  if ((attributes & kModRm) != 0 && !ModRm()) return Done();
  if ((attributes & kRel32) != 0) {
    const auto field = static_cast<unsigned>(at_);
    return Skip(4) ? Done(field) : Done();
  }
  return Skip(ImmediateSize(attributes)) ? Done(relative_) : Done();
}

}  // namespace

Amd64Instruction DecodeAmd64(ByteView window) { return Decoder(window).Run(); }

}  // namespace ww::delta
