// Names as the hive stores and compares them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wimwright/base/bytes.h"

namespace ww::hive {

// A name as it stands in a cell. Compressed: one byte per UTF-16 unit below 0x100, which Windows
// uses whenever it can. Borrows `raw`.
struct StoredName {
  ByteView raw;
  bool compressed = true;
  std::size_t units() const { return compressed ? raw.size() : raw.size() / 2; }
  char16_t operator[](std::size_t i) const {
    return compressed ? static_cast<char16_t>(std::to_integer<unsigned char>(raw[i]))
                      : LoadLe<char16_t>(raw.data() + 2 * i);
  }
};

std::u16string Decode(StoredName name);
std::string DecodeUtf8(StoredName name);
bool Compressible(std::u16string_view name);  // never for the empty name, as Windows flags it
Bytes Encode(std::u16string_view name, bool compressed);

// The registry's order: unit by unit, upper case. `folded` has been through FoldCase().
int Compare(StoredName name, std::u16string_view folded);
int Compare(StoredName a, StoredName b);
inline bool Equal(StoredName name, std::u16string_view folded) {
  return name.units() == folded.size() && Compare(name, folded) == 0;
}

std::uint32_t HashOf(std::u16string_view folded);  // of lh lists
// Of lf lists: the first four characters as they are, or 0 when one of them needs two bytes.
std::uint32_t HintOf(StoredName name);
bool HintMayMatch(std::uint32_t hint, std::u16string_view folded);

// Our case table is known to be that of Windows for these characters. Elsewhere order and hashes of
// a foreign hive prove nothing.
bool CaseIsCertain(StoredName name);
bool CaseIsCertain(std::u16string_view name);

}  // namespace ww::hive
