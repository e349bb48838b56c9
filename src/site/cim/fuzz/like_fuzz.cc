// LIKE: the first line is the pattern, the rest the text. Compared with a simple matcher.
#include <cstdlib>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/base/text.h"
#include "wimwright/cim/like.h"

namespace {

using ww::cim::LikePattern;
using ww::cim::LikeToken;

// The same question by dynamic programming over tokens; ASCII only.
bool Slowly(const LikePattern& pattern, std::string_view text) {
  std::vector<bool> here(text.size() + 1, false);
  here[0] = true;
  for (const auto& token : pattern.tokens()) {
    std::vector<bool> next(text.size() + 1, false);
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (!here[i]) continue;
      switch (token.kind) {
        case LikeToken::Kind::kAnyRun:
          for (std::size_t j = i; j <= text.size(); ++j) next[j] = true;
          break;
        case LikeToken::Kind::kAnyChar:
          if (i < text.size()) next[i + 1] = true;
          break;
        case LikeToken::Kind::kCharClass:
          if (i < text.size() && token.char_class.Contains(static_cast<char32_t>(text[i]))) {
            next[i + 1] = true;
          }
          break;
        case LikeToken::Kind::kLiteral:
          if (token.literal.size() <= text.size() - i &&
              ww::EqualNoCaseAscii(text.substr(i, token.literal.size()), token.literal)) {
            next[i + token.literal.size()] = true;
          }
      }
    }
    here = std::move(next);
  }
  return here[text.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = ww::AsText(std::as_bytes(std::span(data, size)));
  const auto line = std::min(input.find('\n'), input.size());
  const auto text = line < input.size() ? input.substr(line + 1) : std::string_view();
  const auto pattern = LikePattern::Compile(input.substr(0, line));
  if (!pattern) return 0;
  const bool matches = pattern->Matches(text);
  bool ascii = size < 512;
  for (const char c : input) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
  if (ascii && matches != Slowly(*pattern, text)) std::abort();
  const auto self = LikePattern::Compile(ww::cim::EscapeLike(text));
  if (self && (!self->is_literal() || !self->Matches(text))) std::abort();
  return 0;
}
