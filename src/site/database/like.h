// LIKE patterns in the forms the databases take: PostgreSQL a regular expression, SQLite our own
// matcher as an SQL function. Both see the same prepared pattern.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/database/expression.h"

namespace ww::database {

// The same pattern with runs merged and, when `fold_case`, in lower case, for text that is in lower
// case as well: class ranges gain the lower-case image of the capitals they contain. kUsage: text
// that no database can hold, a range upside down; kLimit beyond 4096 tokens or 64 KiB.
Result<LikePattern> PrepareLike(const LikePattern& pattern, bool fold_case);

// The text, when the prepared pattern is nothing but text.
std::optional<std::string> AsPlainText(const LikePattern& pattern);

// The text before the first wildcard, and the first text behind everything that begins with it
// (nullopt: there is none). Lets an index narrow what the matcher has to see.
struct LikePrefix {
  std::string first;
  std::optional<std::string> end;
};
std::optional<LikePrefix> PrefixOf(const LikePattern& pattern);

// A PostgreSQL "advanced regular expression" that matches the whole text.
std::string ToRegex(const LikePattern& pattern);

// One text that ww_like() takes as its first argument, and back. nullopt: not of our making.
std::string EncodeLike(const LikePattern& pattern);
std::optional<LikePattern> DecodeLike(std::string_view text);

// Whether all of `text` matches. Time at most pattern times text: one remembered run, no recursion.
bool Matches(const LikePattern& pattern, std::string_view text);

}  // namespace ww::database
