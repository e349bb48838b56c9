// Code points of UTF-8, strictly: what both databases accept as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ww::database {

// The code point at `position`, which moves behind it. nullopt: not well-formed UTF-8, or the end.
std::optional<char32_t> NextCodePoint(std::string_view text, std::size_t& position);
void AppendCodePoint(std::string& out, char32_t c);
// Well formed and without NUL, which PostgreSQL cannot store.
bool IsStorableText(std::string_view text);

}  // namespace ww::database
