// LIKE patterns: the text form that SQLite hands back, and the matcher against one by definition.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "like.h"
#include "utf8.h"

namespace {

using ww::database::LikePattern;
using ww::database::LikeToken;

// Which positions of `text` can be reached, token by token.
bool ByDefinition(const LikePattern& pattern, std::string_view text) {
  std::vector<bool> reached(text.size() + 1);
  reached[0] = true;
  for (const auto& token : pattern) {
    std::vector<bool> next(text.size() + 1);
    for (std::size_t at = 0; at <= text.size(); ++at) {
      if (!reached[at]) continue;
      if (token.kind == LikeToken::Kind::kText) {
        if (text.substr(at).starts_with(token.text)) next[at + token.text.size()] = true;
        continue;
      }
      if (token.kind == LikeToken::Kind::kAnyRun) next[at] = true;
      std::size_t behind = at;
      const auto c = ww::database::NextCodePoint(text, behind);
      if (!c) continue;
      bool matches = token.kind == LikeToken::Kind::kAnyChar;
      if (token.kind == LikeToken::Kind::kClass) {
        for (const auto& r : token.ranges) matches = matches || (*c >= r.first && *c <= r.last);
        matches = matches != token.negated;
      }
      if (matches) next[behind] = true;
      if (token.kind == LikeToken::Kind::kAnyRun) reached[behind] = true;
    }
    reached = std::move(next);
  }
  return reached[text.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::database;
  if (size > 4096) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto pattern = DecodeLike(input.substr(0, line));
  const auto text = input.substr(line + 1);
  if (!pattern || !IsStorableText(text)) return 0;
  const auto prepared = PrepareLike(*pattern, false);
  if (!prepared) return 0;
  const auto encoded = EncodeLike(*prepared);
  const auto again = DecodeLike(encoded);
  if (!again || EncodeLike(*again) != encoded) std::abort();
  const bool matches = Matches(*prepared, text);
  if (matches != ByDefinition(*prepared, text)) std::abort();
  if (const auto prefix = PrefixOf(*prepared); prefix && matches) {
    if (text < prefix->first || (prefix->end && text >= *prefix->end)) std::abort();
  }
  static_cast<void>(ToRegex(*prepared));
  return 0;
}
