#include "wql_lexer.h"

#include <fmt/format.h>

#include <charconv>

#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

}  // namespace

tl::unexpected<Error> WqlError(std::size_t position, std::string_view what) {
  return Fail(WbemError(WbemStatus::kInvalidQuery,
                        fmt::format("WQL, character {}: {}", position + 1, what)));
}

Result<WqlToken> WqlLexer::String() {
  WqlToken token;
  token.kind = WqlToken::Kind::kLiteral;
  token.position = at_;
  const char quote = text_[at_++];
  std::string out;
  while (true) {
    if (at_ == text_.size()) return WqlError(token.position, "text without closing quote");
    char c = text_[at_++];
    if (c == quote) {
      if (Peek() != quote) break;
      ++at_;  // a doubled quote, the habit of SQL
    } else if (c == '\\' && (Peek() == '\\' || Peek() == '"' || Peek() == '\'')) {
      c = text_[at_++];
    } else if (c == '\0') {
      return WqlError(at_ - 1, "NUL character");
    }
    out += c;
  }
  token.value = Value::String(std::move(out));
  return token;
}

Result<WqlToken> WqlLexer::Number() {
  WqlToken token;
  token.kind = WqlToken::Kind::kLiteral;
  token.position = at_;
  std::string text;
  if (Peek() == '-') text = "-";
  if (!IsDigit(Peek())) ++at_;
  const bool hex = Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X');
  if (hex) at_ += 2;
  while (IsDigit(Peek()) || IsLetter(Peek()) || Peek() == '.' ||
         (!hex && (Peek() == '-' || Peek() == '+') && (text.back() == 'e' || text.back() == 'E'))) {
    text += text_[at_++];
    if (text.size() > 64) break;
  }
  const char* const end = text.data() + text.size();
  std::int64_t number = 0;
  auto parsed = std::from_chars(text.data(), end, number, hex ? 16 : 10);
  if (parsed.ec == std::errc() && parsed.ptr == end) {
    token.value = Value::Int(number);
    return token;
  }
  std::uint64_t large = 0;
  parsed = std::from_chars(text.data(), end, large, hex ? 16 : 10);
  if (parsed.ec == std::errc() && parsed.ptr == end) {
    token.value = Value::Uint(large);
    return token;
  }
  double real = 0;
  parsed = std::from_chars(text.data(), end, real);
  if (hex || parsed.ec != std::errc() || parsed.ptr != end) {
    return WqlError(token.position, "malformed number");
  }
  token.value = Value::Real(real);
  return token;
}

Result<WqlToken> WqlLexer::Next() {
  while (Peek() == ' ' || Peek() == '\t' || Peek() == '\r' || Peek() == '\n') ++at_;
  WqlToken token;
  token.position = at_;
  if (at_ == text_.size()) return token;
  const char c = Peek();
  if (c == '\'' || c == '"') return String();
  if (IsDigit(c) || ((c == '-' || c == '+') && IsDigit(Peek(1)))) return Number();
  if (IsLetter(c)) {
    token.kind = WqlToken::Kind::kIdentifier;
    while (IsLetter(Peek()) || IsDigit(Peek())) token.text += text_[at_++];
    if (!IsIdentifier(token.text)) return WqlError(token.position, "name is too long");
    return token;
  }
  token.kind = WqlToken::Kind::kPunctuation;
  const char next = Peek(1);
  if ((c == '<' && next == '>') || (c == '!' && next == '=')) {
    token.text = "<>";
    at_ += 2;
  } else if ((c == '<' || c == '>') && next == '=') {
    token.text = {c, '='};
    at_ += 2;
  } else if (std::string_view("(),.*=<>").find(c) != std::string_view::npos && c != '\0') {
    token.text = c;
    ++at_;
  } else {
    return WqlError(at_, "unexpected character");
  }
  return token;
}

}  // namespace ww::cim
