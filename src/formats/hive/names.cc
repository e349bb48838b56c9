#include "names.h"

#include <algorithm>
#include <array>

#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

char16_t Upper(char16_t c) {
  static const auto kTable = [] {
    std::array<char16_t, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = FoldCase(static_cast<char16_t>(i));
    return table;
  }();
  return c < kTable.size() ? kTable[c] : FoldCase(c);
}

int Order(char16_t a, char16_t b) { return a < b ? -1 : a > b ? 1 : 0; }
int Order(std::size_t a, std::size_t b) { return a < b ? -1 : a > b ? 1 : 0; }

bool Certain(char16_t c) {
  return c < 0x80 || (c >= 0xC0 && c < 0xFF) ||                         // ASCII, Latin letters
         (c >= 0x410 && c < 0x450) ||                                   // Russian
         (c >= 0x3041 && c < 0x3100) || (c >= 0x4E00 && c < 0xA000) ||  // no case: kana, Han,
         (c >= 0xAC00 && c < 0xD7A4);                                   // Hangul
}

}  // namespace

std::u16string Decode(StoredName name) {
  std::u16string out(name.units(), u'\0');
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = name[i];
  return out;
}

std::string DecodeUtf8(StoredName name) {
  const bool ascii = name.compressed &&
                     std::ranges::all_of(name.raw, [](std::byte b) { return b < std::byte{0x80}; });
  return ascii ? std::string(ww::AsText(name.raw)) : Utf16ToUtf8(Decode(name));
}

bool Compressible(std::u16string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char16_t c) { return c < 0x100; });
}

Bytes Encode(std::u16string_view name, bool compressed) {
  if (!compressed) return ToBytes(std::as_bytes(std::span(name)));
  Bytes out(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) out[i] = static_cast<std::byte>(name[i]);
  return out;
}

int Compare(StoredName name, std::u16string_view folded) {
  const auto common = std::min(name.units(), folded.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const int order = Order(Upper(name[i]), folded[i]); order != 0) return order;
  }
  return Order(name.units(), folded.size());
}

int Compare(StoredName a, StoredName b) {
  const auto common = std::min(a.units(), b.units());
  for (std::size_t i = 0; i < common; ++i) {
    if (const int order = Order(Upper(a[i]), Upper(b[i])); order != 0) return order;
  }
  return Order(a.units(), b.units());
}

std::uint32_t HashOf(std::u16string_view folded) {
  std::uint32_t hash = 0;
  for (const char16_t c : folded) hash = hash * 37 + c;
  return hash;
}

std::uint32_t HintOf(StoredName name) {
  std::uint32_t hint = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(name.units(), 4); ++i) {
    if (name[i] > 0xFF) return 0;
    hint |= static_cast<std::uint32_t>(name[i]) << (8 * i);
  }
  return hint;
}

bool HintMayMatch(std::uint32_t hint, std::u16string_view folded) {
  if (hint == 0) return true;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto c = static_cast<char16_t>(hint >> (8 * i) & 0xFF);
    if (Upper(c) != (i < folded.size() ? folded[i] : u'\0')) return false;
  }
  return true;
}

bool CaseIsCertain(StoredName name) {
  for (std::size_t i = 0; i < name.units(); ++i) {
    if (!Certain(name[i])) return false;
  }
  return true;
}

bool CaseIsCertain(std::u16string_view name) { return std::ranges::all_of(name, Certain); }

}  // namespace ww::hive
