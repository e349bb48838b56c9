#include "json_text.h"

#include <cstddef>
#include <cstdint>

namespace ww::adminservice {
namespace {

// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629), 0 for none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto follows = [&](std::size_t i, int low = 0x80, int high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const int first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const int low = first == 0xE0 ? 0xA0 : 0x80;
    const int high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const int low = first == 0xF0 ? 0x90 : 0x80;
    const int high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void AppendControl(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[static_cast<std::uint8_t>(c) >> 4];
  out += kHex[static_cast<std::uint8_t>(c) & 0xF];
}

}  // namespace

void AppendJsonText(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run = 0;  // where what was not yet copied begins
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) {
      ++i;
      continue;
    }
    const bool ascii = static_cast<std::uint8_t>(c) < 0x80;
    if (!ascii) {
      if (const auto length = SequenceLength(text.substr(i)); length != 0) {
        i += length;
        continue;
      }
    }
    out.append(text.substr(run, i - run));
    run = ++i;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (ascii) {
          AppendControl(out, c);
        } else {
          out += "\xEF\xBF\xBD";
        }
    }
  }
  out.append(text.substr(run));
  out += '"';
}

std::string JsonText(std::string_view text) {
  std::string out;
  AppendJsonText(out, text);
  return out;
}

}  // namespace ww::adminservice
