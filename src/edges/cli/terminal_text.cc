#include "terminal_text.h"

#include <fmt/format.h>

namespace ww::cli {
namespace {

unsigned At(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// The character of two or three bytes at `at`, when it is one of those that are not shown.
unsigned Hidden(std::string_view text, std::size_t at) {
  const unsigned a = At(text, at), b = At(text, at + 1), c = At(text, at + 2);
  if (a == 0xC2 && b >= 0x80 && b <= 0x9F) return b;  // controls of eight bits
  if (a != 0xE2) return 0;
  if (b == 0x80 && c >= 0xAA && c <= 0xAE) return 0x2000 + (c - 0x80);  // U+202A to 202E
  if (b == 0x81 && c >= 0xA6 && c <= 0xA9) return 0x2040 + (c - 0x80);  // U+2066 to 2069
  return 0;
}

bool IsControl(std::string_view text, std::size_t at) {
  const unsigned c = At(text, at);
  if (c == '\r') return At(text, at + 1) != '\n';
  return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
}

}  // namespace

std::string ForTerminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const unsigned hidden = Hidden(text, at); hidden != 0) {
      out += fmt::format("\\u{:04x}", hidden);
      at += hidden < 0x100 ? 1 : 2;
    } else if (IsControl(text, at)) {
      out += fmt::format("\\x{:02x}", At(text, at));
    } else {
      out += text[at];
    }
  }
  return out;
}

}  // namespace ww::cli
