#include "wimwright/content/content_id.h"

#include <algorithm>

#include "wimwright/base/text.h"

namespace ww::content {

std::string ContentId::ToText() const { return ToHex(digest); }

std::optional<ContentId> ContentId::FromText(std::string_view text) {
  ContentId id;
  if (text.size() != 2 * id.digest.size()) return std::nullopt;
  const bool canonical = std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!canonical) return std::nullopt;
  const auto bytes = FromHex(text);
  if (!bytes || bytes->size() != id.digest.size()) return std::nullopt;
  std::ranges::copy(*bytes, id.digest.begin());
  return id;
}

}  // namespace ww::content
