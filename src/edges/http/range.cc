#include "range.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "wimwright/base/text.h"

namespace ww::http {
namespace {

// Digits only; beyond 64 bits the largest number, since any bound is cut to the body anyway.
std::optional<std::uint64_t> Digits(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : ~std::uint64_t{0};
}

}  // namespace

ParsedRange ParseRange(std::string_view field, std::uint64_t size) {
  field = Trim(field);
  constexpr std::string_view kUnit = "bytes=";
  if (!EqualNoCaseAscii(field.substr(0, kUnit.size()), kUnit)) return {};
  field = Trim(field.substr(kUnit.size()));
  const auto dash = field.find('-');
  if (dash == std::string_view::npos || field.find(',') != std::string_view::npos) return {};
  const auto before = Trim(field.substr(0, dash)), after = Trim(field.substr(dash + 1));
  if (before.empty()) {  // the last so many
    const auto last = Digits(after);
    if (!last) return {};
    if (*last == 0 || size == 0) return {RangeKind::kUnsatisfiable};
    const auto length = std::min(*last, size);
    return {RangeKind::kOne, {size - length, length}};
  }
  const auto first = Digits(before);
  const auto last = after.empty() ? std::optional(~std::uint64_t{0}) : Digits(after);
  if (!first || !last || *last < *first) return {};
  if (*first >= size) return {RangeKind::kUnsatisfiable};
  return {RangeKind::kOne, {*first, std::min(*last, size - 1) - *first + 1}};
}

bool ListsEtag(std::string_view field, std::string_view etag) {
  const auto strip = [](std::string_view tag) {
    return tag.starts_with("W/") ? tag.substr(2) : tag;
  };
  while (!field.empty()) {
    const auto end = std::min(field.find(','), field.size());
    const auto tag = Trim(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
    if (tag == "*" || (!tag.empty() && strip(tag) == strip(etag))) return true;
  }
  return false;
}

}  // namespace ww::http
