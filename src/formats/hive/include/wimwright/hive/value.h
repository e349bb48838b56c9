// A registry value's type and data, and the usual conversions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/bytes.h"

namespace ww::hive {

enum : std::uint32_t {
  kRegNone = 0,
  kRegSz = 1,
  kRegExpandSz = 2,
  kRegBinary = 3,
  kRegDword = 4,
  kRegDwordBigEndian = 5,
  kRegLink = 6,
  kRegMultiSz = 7,
  kRegResourceList = 8,
  kRegFullResourceDescriptor = 9,
  kRegResourceRequirementsList = 10,
  kRegQword = 11,
};

struct Value {
  std::uint32_t type = kRegNone;
  Bytes data;
  bool operator==(const Value&) const = default;
};

// Text is UTF-8 (WTF-8 for lone surrogates) and is stored as UTF-16LE with its terminator; bytes
// that are not UTF-8 are stored as U+FFFD.
Value MakeSz(std::string_view utf8);
Value MakeExpandSz(std::string_view utf8);
Value MakeMultiSz(
    std::span<const std::string> items);  // an empty item cannot be expressed: it is left out
Value MakeDword(std::uint32_t number);
Value MakeQword(std::uint64_t number);
Value MakeBinary(ByteView bytes);

// REG_SZ, REG_EXPAND_SZ and REG_LINK up to the first NUL or the end: stored text lacks its
// terminator, or carries strays behind it, often enough (windows-servicing.md 5.2).
std::optional<std::string> AsText(const Value& value);
// REG_DWORD and REG_DWORD_BIG_ENDIAN of exactly four bytes.
std::optional<std::uint32_t> AsDword(const Value& value);
std::optional<std::uint64_t> AsQword(const Value& value);
// REG_MULTI_SZ, with or without its last terminators.
std::optional<std::vector<std::string>> AsMultiSz(const Value& value);

}  // namespace ww::hive
