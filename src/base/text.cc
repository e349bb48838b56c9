#include "wimwright/base/text.h"

#include <fmt/format.h>
#include <array>

namespace ww {
namespace {

bool IsHighSurrogate(char32_t c) { return c >= 0xD800 && c < 0xDC00; }
bool IsLowSurrogate(char32_t c) { return c >= 0xDC00 && c < 0xE000; }

void AppendUtf8(std::string& out, char32_t c) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

// The next code point of `text` at `at`, which moves behind it; nothing on malformed input.
std::optional<char32_t> NextUtf8(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) {
    ++at;
    return first;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || length > text.size() - at) return std::nullopt;
  char32_t c = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return std::nullopt;
    c = (c << 6) | (byte(at + i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  if (c < kSmallest[length] || c > 0x10FFFF) return std::nullopt;
  at += length;
  return c;
}

}  // namespace

std::string Utf16ToUtf8(std::u16string_view utf16) {
  std::string out;
  out.reserve(utf16.size());
  for (std::size_t i = 0; i < utf16.size(); ++i) {
    char32_t c = utf16[i];
    if (IsHighSurrogate(c) && i + 1 < utf16.size() && IsLowSurrogate(utf16[i + 1])) {
      c = 0x10000 + ((c - 0xD800) << 10) + (utf16[++i] - 0xDC00u);
    }
    AppendUtf8(out, c);
  }
  return out;
}

Result<std::string> Utf16LeToUtf8(ByteView utf16) {
  if (utf16.size() % 2 != 0) return Fail(Code::kCorrupt, "UTF-16 text of an odd number of bytes");
  std::u16string text(utf16.size() / 2, u'\0');
  if (!utf16.empty()) std::memcpy(text.data(), utf16.data(), utf16.size());
  return Utf16ToUtf8(text);
}

Result<std::u16string> Utf8ToUtf16(std::string_view utf8) {
  std::u16string out;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    const auto start = at;
    const auto c = NextUtf8(utf8, at);
    if (!c) return Fail(Code::kCorrupt, fmt::format("invalid UTF-8 at byte {}", start));
    if (*c < 0x10000) {
      out.push_back(static_cast<char16_t>(*c));
    } else {
      out.push_back(static_cast<char16_t>(0xD800 + ((*c - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xDC00 + ((*c - 0x10000) & 0x3FF)));
    }
  }
  return out;
}

Result<Bytes> Utf8ToUtf16Le(std::string_view utf8) {
  WW_TRY(const auto text, Utf8ToUtf16(utf8), "text");
  return ToBytes(std::as_bytes(std::span(text)));
}

char16_t FoldCase(char16_t c) {
  const auto minus = [c](int n) { return static_cast<char16_t>(c - n); };
  if (c < 0x80) return c >= u'a' && c <= u'z' ? minus(32) : c;
  if (c < 0x100) {
    if (c == 0xFF) return 0x178;
    return (c >= 0xE0 && c != 0xF7) ? minus(32) : c;
  }
  if (c < 0x180) {  // Latin Extended-A: pairs, upper case even or odd by block
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c % 2 == 0 ? minus(1) : c;
    if (c == 0x131 || c == 0x130 || c == 0x138 || c == 0x149 || c == 0x178 || c == 0x17F) return c;
    return c % 2 == 1 ? minus(1) : c;
  }
  if (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) return minus(32);  // Greek
  if (c == 0x3AC) return 0x386;
  if (c >= 0x3AD && c <= 0x3AF) return minus(37);
  if (c == 0x3CC) return 0x38C;
  if (c == 0x3CD || c == 0x3CE) return minus(63);
  if (c >= 0x430 && c <= 0x44F) return minus(32);  // Cyrillic
  if (c >= 0x450 && c <= 0x45F) return minus(80);
  if ((c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF) || (c >= 0x4D0 && c <= 0x52F)) {
    return c % 2 == 1 ? minus(1) : c;
  }
  return c;
}

std::u16string FoldCase(std::u16string_view text) {
  std::u16string out(text);
  for (auto& c : out) c = FoldCase(c);
  return out;
}

std::string FoldCase(std::string_view utf8) {
  bool ascii = true;
  std::string out(utf8);
  for (auto& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    ascii = ascii && static_cast<unsigned char>(c) < 0x80;
  }
  if (ascii) return out;
  const auto wide = Utf8ToUtf16(utf8);
  return wide ? Utf16ToUtf8(FoldCase(*wide)) : out;
}

bool EqualNoCase(std::u16string_view a, std::u16string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && FoldCase(a[i]) != FoldCase(b[i])) return false;
  }
  return true;
}

bool EqualNoCase(std::string_view a, std::string_view b) {
  return EqualNoCaseAscii(a, b) || FoldCase(a) == FoldCase(b);
}

std::string ToLowerAscii(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::string ToUpperAscii(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return out;
}

bool EqualNoCaseAscii(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string ToHex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const auto b : bytes) {
    const auto v = std::to_integer<unsigned>(b);
    out.push_back(kDigits[v >> 4]);
    out.push_back(kDigits[v & 15]);
  }
  return out;
}

std::optional<Bytes> FromHex(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return out;
}

namespace {
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

std::string ToBase64(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) {
      return i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0u;
    };
    const std::uint32_t v = at(0) << 16 | at(1) << 8 | at(2);
    out.push_back(kBase64[v >> 18]);
    out.push_back(kBase64[(v >> 12) & 63]);
    out.push_back(i + 1 < bytes.size() ? kBase64[(v >> 6) & 63] : '=');
    out.push_back(i + 2 < bytes.size() ? kBase64[v & 63] : '=');
  }
  return out;
}

std::optional<Bytes> FromBase64(std::string_view text) {
  Bytes out;
  std::uint32_t bits = 0;
  int count = 0;
  int padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      if (++padding > 2) return std::nullopt;
      continue;
    }
    const auto value = kBase64.find(c);
    if (value == std::string_view::npos || padding > 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++count % 4 == 0) {
      for (const int shift : {16, 8, 0}) out.push_back(static_cast<std::byte>(bits >> shift));
      bits = 0;
    }
  }
  const int tail = count % 4;
  if (tail == 1 || (padding > 0 && tail + padding != 4)) return std::nullopt;
  if (tail == 2) out.push_back(static_cast<std::byte>(bits >> 4));
  if (tail == 3) {
    out.push_back(static_cast<std::byte>(bits >> 10));
    out.push_back(static_cast<std::byte>(bits >> 2));
  }
  return out;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace ww
