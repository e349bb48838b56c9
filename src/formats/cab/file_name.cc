#include "wimwright/cab/file_name.h"

#include <algorithm>
#include <charconv>

#include "wimwright/base/text.h"

namespace ww::cab {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes `text` off the front of `rest`.
bool Take(std::string_view& rest, std::string_view text) {
  if (rest.substr(0, text.size()) != text) return false;
  rest.remove_prefix(text.size());
  return true;
}

std::string TakeDigits(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), IsDigit);
  std::string digits(rest.begin(), end);
  rest.remove_prefix(digits.size());
  return digits;
}

}  // namespace

std::optional<UpdateName> ParseUpdateFileName(std::string_view name) {
  const std::string lower = ToLowerAscii(name);
  std::string_view rest = lower;
  UpdateName out;
  if (!Take(rest, "windows")) return std::nullopt;
  const auto kb = rest.find("-kb");
  if (kb == std::string_view::npos || kb == 0) return std::nullopt;
  out.os = rest.substr(0, kb);
  rest.remove_prefix(kb + 3);
  out.kb = TakeDigits(rest);
  if (out.kb.empty()) return std::nullopt;
  if (Take(rest, "-v")) {
    const auto digits = TakeDigits(rest);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), out.revision);
    if (parsed.ec != std::errc()) return std::nullopt;
  }
  if (!Take(rest, "-")) return std::nullopt;
  const auto end = std::min(rest.find_first_of("-_."), rest.size());
  out.architecture = rest.substr(0, end);
  rest.remove_prefix(end);
  if (out.architecture == "x64") out.architecture = "amd64";
  constexpr std::string_view kKnown[] = {"x86", "amd64", "arm64", "ia64", "arm"};
  if (std::find(std::begin(kKnown), std::end(kKnown), out.architecture) == std::end(kKnown)) {
    return std::nullopt;
  }
  out.express = Take(rest, "-express");
  if (Take(rest, "_")) {
    out.sha1 = rest.substr(0, 40);
    if (out.sha1.size() != 40 || !FromHex(out.sha1)) return std::nullopt;
    rest.remove_prefix(40);
  }
  if (rest != ".msu" && rest != ".cab") return std::nullopt;
  return out;
}

}  // namespace ww::cab
