#include "like.h"

#include <algorithm>

#include "utf8.h"
#include "wimwright/base/text.h"

namespace ww::database {
namespace {

using Kind = LikeToken::Kind;
constexpr std::size_t kMaxTokens = 4096;
constexpr std::size_t kMaxBytes = 64 << 10;

Status CheckRanges(const LikeToken& token) {
  for (const auto& range : token.ranges) {
    if (range.first > range.last || range.last > 0x10FFFF) {
      return Fail(Code::kUsage, "a character range of a LIKE pattern is upside down");
    }
  }
  return {};
}

void FoldRanges(std::vector<LikeToken::Range>& ranges) {
  const std::size_t count = ranges.size();
  for (std::size_t i = 0; i < count; ++i) {
    const char32_t first = std::max<char32_t>(ranges[i].first, U'A');
    const char32_t last = std::min<char32_t>(ranges[i].last, U'Z');
    if (first <= last) ranges.push_back({first + 32, last + 32});
  }
}

void AppendRegexLiteral(std::string& out, char32_t c) {
  const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '_' || c >= 0x80;
  if (plain) return AppendCodePoint(out, c);
  // By number: PostgreSQL stumbles over "\\[" within brackets.
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[(c >> 4) & 15];
  out += kDigits[c & 15];
}

void AppendRegexClass(std::string& out, const LikeToken& token) {
  if (token.ranges.empty()) {
    out += token.negated ? "." : "(?=a)b";  // any or none
    return;
  }
  out += token.negated ? "[^" : "[";
  // Surrogates are no characters: a range is cut around them, or PostgreSQL refuses its ends.
  const auto add = [&](char32_t first, char32_t last) {
    if (first > last) return;
    AppendRegexLiteral(out, first);
    if (first == last) return;
    out += '-';
    AppendRegexLiteral(out, last);
  };
  for (const auto& range : token.ranges) {
    const auto first = std::max<char32_t>(range.first, 1);
    if (range.last < 0xD800 || first > 0xDFFF) {
      add(first, range.last);
    } else {
      if (first < 0xD800) add(first, 0xD7FF);
      if (range.last > 0xDFFF) add(0xE000, range.last);
    }
  }
  if (out.ends_with('[')) {  // nothing but surrogates or NUL
    out.pop_back();
    out += "(?=a)b";
  } else if (out.ends_with("[^")) {
    out.resize(out.size() - 2);
    out += '.';
  } else {
    out += ']';
  }
}

bool InClass(const LikeToken& token, char32_t c) {
  const bool in =
      std::ranges::any_of(token.ranges, [&](const auto& r) { return c >= r.first && c <= r.last; });
  return in != token.negated;
}

// Whether `token`, which is no run, matches at `position`, which then moves behind the match.
bool Step(const LikeToken& token, std::string_view text, std::size_t& position) {
  if (token.kind == Kind::kText) {
    if (!text.substr(position).starts_with(token.text)) return false;
    position += token.text.size();
    return true;
  }
  const auto c = NextCodePoint(text, position);
  return c && (token.kind == Kind::kAnyChar || InClass(token, *c));
}

}  // namespace

Result<LikePattern> PrepareLike(const LikePattern& pattern, bool fold_case) {
  if (pattern.size() > kMaxTokens) return Fail(Code::kLimit, "a LIKE pattern is too long");
  LikePattern out;
  std::size_t bytes = 0;
  for (const auto& token : pattern) {
    WW_RETURN_IF_ERROR(CheckRanges(token));
    bytes += token.text.size() + token.ranges.size() * 4;
    if (bytes > kMaxBytes) return Fail(Code::kLimit, "a LIKE pattern is too long");
    LikeToken copy = token;
    if (copy.kind == Kind::kText) {
      if (copy.text.empty()) continue;
      if (!IsStorableText(copy.text)) {
        return Fail(Code::kUsage, "text of a LIKE pattern is not UTF-8, or contains NUL");
      }
      if (fold_case) copy.text = ToLowerAscii(copy.text);
      if (!out.empty() && out.back().kind == Kind::kText) {
        out.back().text += copy.text;
        continue;
      }
    } else if (copy.kind == Kind::kClass && fold_case) {
      FoldRanges(copy.ranges);
    } else if (copy.kind == Kind::kAnyRun && !out.empty() && out.back().kind == Kind::kAnyRun) {
      continue;
    }
    out.push_back(std::move(copy));
  }
  return out;
}

std::optional<std::string> AsPlainText(const LikePattern& pattern) {
  if (pattern.empty()) return "";
  if (pattern.size() == 1 && pattern[0].kind == Kind::kText) return pattern[0].text;
  return std::nullopt;
}

std::optional<LikePrefix> PrefixOf(const LikePattern& pattern) {
  if (pattern.empty() || pattern[0].kind != Kind::kText) return std::nullopt;
  LikePrefix prefix{pattern[0].text, std::nullopt};
  std::vector<std::pair<std::size_t, char32_t>> points;  // where each code point begins
  for (std::size_t at = 0; at < prefix.first.size();) {
    const std::size_t begin = at;
    points.emplace_back(begin, NextCodePoint(prefix.first, at).value_or(0));
  }
  // The last code point that has a successor is replaced by it, what follows is cut.
  for (; !points.empty(); points.pop_back()) {
    auto [begin, c] = points.back();
    if (c >= 0x10FFFF) continue;
    c = c == 0xD7FF ? 0xE000 : c + 1;
    // Where texts are compared in lower case, a capital as the bound would be folded below what
    // it has to be above: the character behind the capitals bounds no less.
    if (c >= 'A' && c <= 'Z') c = '[';
    prefix.end = prefix.first.substr(0, begin);
    AppendCodePoint(*prefix.end, c);
    break;
  }
  return prefix;
}

std::string ToRegex(const LikePattern& pattern) {
  std::string out = "^";
  for (const auto& token : pattern) {
    switch (token.kind) {
      case Kind::kText:
        for (std::size_t at = 0; at < token.text.size();) {
          const auto c = NextCodePoint(token.text, at);
          if (!c) break;
          AppendRegexLiteral(out, *c);
        }
        break;
      case Kind::kAnyRun:
        out += ".*";
        break;
      case Kind::kAnyChar:
        out += '.';
        break;
      case Kind::kClass:
        AppendRegexClass(out, token);
        break;
    }
  }
  return out + "$";
}

// Tokens one after the other: 't' length ':' text, '%', '_', 'c' or 'n' count ':' and two decimal
// numbers with ';' behind each.
std::string EncodeLike(const LikePattern& pattern) {
  std::string out;
  for (const auto& token : pattern) {
    switch (token.kind) {
      case Kind::kText:
        out += 't' + std::to_string(token.text.size()) + ':' + token.text;
        break;
      case Kind::kAnyRun:
        out += '%';
        break;
      case Kind::kAnyChar:
        out += '_';
        break;
      case Kind::kClass:
        out += (token.negated ? 'n' : 'c') + std::to_string(token.ranges.size()) + ':';
        for (const auto& range : token.ranges) {
          out += std::to_string(static_cast<std::uint32_t>(range.first)) + ';' +
                 std::to_string(static_cast<std::uint32_t>(range.last)) + ';';
        }
        break;
    }
  }
  return out;
}

std::optional<LikePattern> DecodeLike(std::string_view text) {
  std::size_t at = 0;
  const auto number = [&](char end) -> std::optional<std::uint32_t> {
    std::uint32_t value = 0;
    for (std::size_t digits = 0; at < text.size() && digits < 8; ++digits) {
      const char c = text[at++];
      if (c == end && digits > 0) return value;
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return std::nullopt;
  };
  LikePattern out;
  while (at < text.size()) {
    const char kind = text[at++];
    if (kind == '%') {
      out.push_back(LikeToken::AnyRun());
    } else if (kind == '_') {
      out.push_back(LikeToken::AnyChar());
    } else if (kind == 't') {
      const auto length = number(':');
      if (!length || *length > text.size() - at) return std::nullopt;
      out.push_back(LikeToken::Text(std::string(text.substr(at, *length))));
      at += *length;
    } else if (kind == 'c' || kind == 'n') {
      const auto count = number(':');
      if (!count || *count > text.size() - at) return std::nullopt;
      std::vector<LikeToken::Range> ranges;
      for (std::uint32_t i = 0; i < *count; ++i) {
        const auto first = number(';');
        const auto last = first ? number(';') : std::nullopt;
        if (!last) return std::nullopt;
        ranges.push_back({*first, *last});
      }
      out.push_back(LikeToken::Class(std::move(ranges), kind == 'n'));
    } else {
      return std::nullopt;
    }
  }
  return out;
}

bool Matches(const LikePattern& pattern, std::string_view text) {
  std::size_t token = 0, at = 0;
  // After the last run that was met: where to go on when what follows does not match.
  std::optional<std::size_t> run_token;
  std::size_t run_at = 0;
  for (;;) {
    if (token < pattern.size() && pattern[token].kind == Kind::kAnyRun) {
      if (++token == pattern.size()) return true;
      run_token = token;
      run_at = at;
      continue;
    }
    if (token == pattern.size() ? at == text.size() : Step(pattern[token], text, at)) {
      if (token++ == pattern.size()) return true;
      continue;
    }
    if (!run_token || !NextCodePoint(text, run_at)) return false;
    token = *run_token;
    at = run_at;
  }
}

}  // namespace ww::database
