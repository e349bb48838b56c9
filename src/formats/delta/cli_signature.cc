// Signatures in the blob heap, walked as the Windows library walks them, which is not ECMA-335
// II.23.2 (delta-formats.md 12.5).
#include "cli_transform.h"

namespace ww::delta {
namespace {

constexpr unsigned kMaxDepth = 64;

constexpr std::uint8_t kConventionField = 6;
constexpr std::uint8_t kConventionLocals = 7;

enum Element : std::uint8_t {
  kVoid = 0x01,
  kString = 0x0E,
  kPointer = 0x0F,
  kByRef = 0x10,
  kValueType = 0x11,
  kClass = 0x12,
  kTypeVariable = 0x13,
  kArray = 0x14,
  kGenericInstance = 0x15,
  kTypedByRef = 0x16,
  kNativeInt = 0x18,
  kNativeUint = 0x19,
  kObject = 0x1C,
  kVector = 0x1D,
  kMethodVariable = 0x1E,
  kModifierRequired = 0x1F,
  kModifierOptional = 0x20,
};

bool IsModifier(std::uint8_t element) {
  return element == kModifierRequired || element == kModifierOptional;
}

class SignatureWalk {
 public:
  SignatureWalk(ByteView before, MutableByteView after, CliRenumbering& numbers)
      : before_(before), after_(after), numbers_(numbers) {}

  void TypeSpec() {
    if (!AtEnd() && !IsModifier(Peek())) Type(0);
  }
  void Field() {
    ++at_;  // the calling convention
    Type(0);
  }
  void Method();

 private:
  bool AtEnd() const { return at_ >= before_.size(); }
  std::uint8_t Peek() const { return std::to_integer<std::uint8_t>(before_[at_]); }
  bool Number(std::uint32_t& value) {
    if (AtEnd()) return false;
    const auto number = ReadCompressedInt(before_.subspan(at_));
    at_ += number.size;
    value = number.value;
    return number.size != 0;
  }
  bool SkipNumbers(std::uint32_t count) {
    for (std::uint32_t value = 0; count > 0; --count) {
      if (!Number(value)) return false;
    }
    return true;
  }
  bool Token();
  bool Type(unsigned depth);
  bool ArrayShape();

  ByteView before_;
  MutableByteView after_;
  CliRenumbering& numbers_;
  std::size_t at_ = 0;
};

// The shortest form that is not longer than what was there; bytes left over keep their values. A
// TypeRef is looked up in the map of the TypeDefs.
bool SignatureWalk::Token() {
  const std::size_t start = at_;
  std::uint32_t value = 0;
  if (!Number(value)) return false;
  const std::size_t room = at_ - start;
  const std::uint32_t tag = value & 3;
  const std::uint32_t mapped = tag == 1 ? numbers_.Coded(kTypeDefOrRef, value & ~3u) | 1
                                        : numbers_.Coded(kTypeDefOrRef, value);
  std::byte* out = after_.data() + start;
  const auto put = [out](std::size_t i, std::uint32_t b) {
    out[i] = static_cast<std::byte>(b & 0xFF);
  };
  if (mapped < 0x80) {
    put(0, mapped);
  } else if (mapped < 0x4000 && room >= 2) {
    put(0, 0x80 | mapped >> 8);
    put(1, mapped);
  } else if (mapped < 0x20000000 && room >= 4) {
    put(0, 0xC0 | mapped >> 24);
    put(1, mapped >> 16);
    put(2, mapped >> 8);
    put(3, mapped);
  }
  return true;
}

bool SignatureWalk::ArrayShape() {
  std::uint32_t count = 0;
  if (!Number(count)) return false;  // the rank
  return Number(count) && SkipNumbers(count) && Number(count) && SkipNumbers(count);
}

// False ends the whole walk.
bool SignatureWalk::Type(unsigned depth) {
  if (depth >= kMaxDepth) return false;
  while (!AtEnd()) {
    const std::uint8_t element = Peek();
    ++at_;
    switch (element) {
      case kTypedByRef:
      case kNativeInt:
      case kNativeUint:
      case kObject:
        return true;
      case kPointer:
      case kByRef:
      case kVector:
      case kGenericInstance:  // only the generic type itself: its arguments are left where they are
        return Type(depth + 1);
      case kValueType:
      case kClass:
        return Token();
      case kTypeVariable:
      case kMethodVariable:
        return SkipNumbers(1);
      case kArray:
        return Type(depth + 1) && ArrayShape();
      case kModifierRequired:
      case kModifierOptional:
        if (!Token()) return false;
        continue;
      default:
        if (element >= kVoid && element <= kString) return true;
        if ((element & 0xF0) != 0x40) return false;  // 4x: sentinel, pinned
        continue;
    }
  }
  return false;
}

void SignatureWalk::Method() {
  if (AtEnd()) return;
  const unsigned convention = Peek() & 15;
  ++at_;
  if (convention == kConventionField) {
    if (!AtEnd() && Peek() != kByRef) Type(0);
    return;
  }
  const bool locals = convention == kConventionLocals;
  std::uint32_t count = 0;  // of parameters; a generic method's arity is taken for it
  if (!Number(count)) return;
  std::uint64_t types = locals ? std::min(count, 1u) : std::uint64_t{count} + 1;
  for (; types > 0; --types) {
    while (!AtEnd() && IsModifier(Peek())) {
      ++at_;
      if (!Token()) return;
    }
    // Never consumed, so every later place would meet it again.
    if (!locals && !AtEnd() && (Peek() == kVoid || Peek() == kTypedByRef)) return;
    if (!Type(0)) return;
  }
}

}  // namespace

void TransformSignature(ByteView before, MutableByteView after, unsigned table,
                        CliRenumbering& numbers) {
  if (before.empty()) return;
  SignatureWalk walk(before, after, numbers);
  if (table == kCliTypeSpec) {
    walk.TypeSpec();
  } else if (table == kCliField ||
             (table == kCliMemberRef && before[0] == std::byte{kConventionField})) {
    walk.Field();
  } else {
    walk.Method();
  }
}

}  // namespace ww::delta
