// LIKE patterns: % any run, _ one character, [abc], [a-c], [^a] (sms-provider-behaviour.md 2.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wimwright/base/result.h"

namespace ww::cim {

// A set of characters; ranges are inclusive Unicode code points, letters of both cases added.
struct CharClass {
  bool negated = false;
  std::vector<std::pair<char32_t, char32_t>> ranges;
  bool Contains(char32_t c) const;
};

struct LikeToken {
  enum class Kind { kLiteral, kAnyRun, kAnyChar, kCharClass };
  Kind kind;
  std::string literal;   // kLiteral: UTF-8 as written
  CharClass char_class;  // kCharClass
};

// Immutable. Matching is case-insensitive as all text comparison of the provider, takes
// O(text x pattern) at most, and allocates nothing for ASCII.
class LikePattern {
 public:
  // Every text is a pattern: a '[' without its ']' and an empty class are literal, adjacent '%' are
  // one. Fails only above 8 KiB.
  static Result<LikePattern> Compile(std::string_view pattern);

  bool Matches(std::string_view text) const;
  const std::vector<LikeToken>& tokens() const { return tokens_; }
  // No wildcard: LIKE is then `=` with this text.
  bool is_literal() const;
  std::string literal_text() const;

 private:
  struct Step {
    enum class Kind : std::uint8_t { kChar, kAnyChar, kClass, kAnyRun } kind;
    char32_t folded;          // kChar
    std::size_t class_index;  // kClass: into tokens_
  };
  bool MatchesOne(const Step& step, char32_t c) const;
  std::vector<LikeToken> tokens_;
  std::vector<Step> steps_;
};

// Text in which the pattern's own characters stand for themselves: for contains(), startswith().
std::string EscapeLike(std::string_view text);

}  // namespace ww::cim
