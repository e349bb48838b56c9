#include "wimwright/cim/like.h"

#include <algorithm>
#include <optional>

#include "wimwright/base/text.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

constexpr std::size_t kMaxPattern = 8U << 10U;

struct Decoded {
  char32_t c;
  std::size_t next;
};

// The code point at `at`. Bytes that are no UTF-8 count as one character each, outside Unicode.
Decoded DecodeAt(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, at + 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  const Decoded invalid{0x110000U + lead, at + 1};
  if (length == 0 || lead > 0xF4 || length > text.size() - at) return invalid;
  char32_t c = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0U) != 0x80) return invalid;
    c = c << 6U | (byte & 0x3FU);
  }
  return {c, at + length};
}

char32_t Fold(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
  return c < 0x10000 ? FoldCase(static_cast<char16_t>(c)) : c;
}

void AppendUtf8(std::string& out, std::string_view text, const Decoded& d, std::size_t at) {
  out.append(text.substr(at, d.next - at));
}

// Adds the other case of the letters in a range, which has just been added to `ranges`.
void AddOtherCase(std::vector<std::pair<char32_t, char32_t>>& ranges, char32_t low, char32_t high) {
  const auto add = [&](char32_t first, char32_t last, char32_t to) {
    const char32_t from = std::max(low, first), until = std::min(high, last);
    if (from <= until) ranges.emplace_back(from - first + to, until - first + to);
  };
  add('a', 'z', 'A');
  add('A', 'Z', 'a');
  // Other letters, as far as a range is a plausible alphabet.
  constexpr char32_t kMostLetters = 0x100;
  if (high < 0x80 || high - low > kMostLetters) return;
  for (char32_t c = std::max(low, char32_t{0x80}); c <= high; ++c) {
    const char32_t folded = Fold(c);
    if (folded == c) continue;
    if (ranges.back().second + 1 == folded) {
      ranges.back().second = folded;
    } else {
      ranges.emplace_back(folded, folded);
    }
  }
}

// The class that starts at `at` ('['); nothing when it is not one. `next` is set behind it.
std::optional<CharClass> ParseClass(std::string_view pattern, std::size_t at, std::size_t& next) {
  CharClass out;
  ++at;
  if (at < pattern.size() && pattern[at] == '^') {
    out.negated = true;
    ++at;
  }
  while (at < pattern.size() && pattern[at] != ']') {
    const auto low = DecodeAt(pattern, at);
    auto high = low;
    if (low.next + 1 < pattern.size() && pattern[low.next] == '-' && pattern[low.next + 1] != ']') {
      high = DecodeAt(pattern, low.next + 1);
    }
    at = high.next;
    if (low.c > high.c) continue;  // [c-a] has no member
    out.ranges.emplace_back(low.c, high.c);
    AddOtherCase(out.ranges, low.c, high.c);
  }
  if (at >= pattern.size()) return std::nullopt;
  next = at + 1;
  return out;
}

}  // namespace

bool CharClass::Contains(char32_t c) const {
  const char32_t folded = Fold(c);
  const bool in = std::ranges::any_of(ranges, [&](const auto& r) {
    return (c >= r.first && c <= r.second) || (folded >= r.first && folded <= r.second);
  });
  return in != negated;
}

Result<LikePattern> LikePattern::Compile(std::string_view pattern) {
  if (pattern.size() > kMaxPattern) {
    return Fail(WbemError(WbemStatus::kInvalidQuery, "LIKE: pattern is longer than 8 KiB"));
  }
  LikePattern out;
  const auto literal = [&](std::string_view text, const Decoded& d, std::size_t at) {
    if (out.tokens_.empty() || out.tokens_.back().kind != LikeToken::Kind::kLiteral) {
      out.tokens_.push_back({LikeToken::Kind::kLiteral, {}, {}});
    }
    AppendUtf8(out.tokens_.back().literal, text, d, at);
    out.steps_.push_back({Step::Kind::kChar, Fold(d.c), 0});
  };
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '%') {
      if (out.tokens_.empty() || out.tokens_.back().kind != LikeToken::Kind::kAnyRun) {
        out.tokens_.push_back({LikeToken::Kind::kAnyRun, {}, {}});
        out.steps_.push_back({Step::Kind::kAnyRun, 0, 0});
      }
      ++at;
      continue;
    }
    if (c == '_') {
      out.tokens_.push_back({LikeToken::Kind::kAnyChar, {}, {}});
      out.steps_.push_back({Step::Kind::kAnyChar, 0, 0});
      ++at;
      continue;
    }
    if (c == '[') {
      std::size_t next = at;
      auto found = ParseClass(pattern, at, next);
      const bool empty = found && next - at == (found->negated ? 3U : 2U);
      if (found && !empty) {
        const auto first = DecodeAt(pattern, at + 1);
        if (!found->negated && first.next + 1 == next) {
          literal(pattern, first, at + 1);  // [%] is how a percent sign is written
        } else {
          out.steps_.push_back({Step::Kind::kClass, 0, out.tokens_.size()});
          out.tokens_.push_back({LikeToken::Kind::kCharClass, {}, *std::move(found)});
        }
        at = next;
        continue;
      }
    }
    const auto d = DecodeAt(pattern, at);
    literal(pattern, d, at);
    at = d.next;
  }
  return out;
}

bool LikePattern::MatchesOne(const Step& step, char32_t c) const {
  switch (step.kind) {
    case Step::Kind::kChar:
      return step.folded == Fold(c);
    case Step::Kind::kAnyChar:
      return true;
    case Step::Kind::kClass:
      return tokens_[step.class_index].char_class.Contains(c);
    case Step::Kind::kAnyRun:
      return false;
  }
  return false;
}

// Only the last run is ever tried again: what an earlier run could give, the last one can too.
bool LikePattern::Matches(std::string_view text) const {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t at = 0, step = 0, run_step = kNone, run_at = 0;
  while (at < text.size()) {
    if (step < steps_.size() && steps_[step].kind == Step::Kind::kAnyRun) {
      run_step = step++;
      run_at = at;
      if (step == steps_.size()) return true;
      continue;
    }
    const auto d = DecodeAt(text, at);
    if (step < steps_.size() && MatchesOne(steps_[step], d.c)) {
      ++step;
      at = d.next;
    } else if (run_step != kNone) {
      step = run_step + 1;
      run_at = DecodeAt(text, run_at).next;
      at = run_at;
    } else {
      return false;
    }
  }
  while (step < steps_.size() && steps_[step].kind == Step::Kind::kAnyRun) ++step;
  return step == steps_.size();
}

bool LikePattern::is_literal() const {
  return std::ranges::all_of(tokens_,
                             [](const auto& t) { return t.kind == LikeToken::Kind::kLiteral; });
}

std::string LikePattern::literal_text() const {
  std::string out;
  for (const auto& token : tokens_) out += token.literal;
  return out;
}

std::string EscapeLike(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '[') {
      out += '[';
      out += c;
      out += ']';
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace ww::cim
