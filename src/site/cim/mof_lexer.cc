#include "mof_lexer.h"

#include <fmt/format.h>

#include <charconv>

#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

MofToken MofLexer::Here() const {
  MofToken token;
  token.line = line_;
  token.column = column_;
  return token;
}

tl::unexpected<Error> MofLexer::ErrorAt(const MofToken& where, std::string_view what) const {
  return Fail(WbemError(WbemStatus::kInvalidClass,
                        fmt::format("{}:{}:{}: {}", source_.name, where.line, where.column, what)));
}

void MofLexer::Advance() {
  if (source_.text[at_] == '\n') {
    ++line_;
    column_ = 1;
  } else {
    ++column_;
  }
  ++at_;
}

Status MofLexer::SkipBlanks() {
  while (!at_end()) {
    if (IsBlank(Peek())) {
      Advance();
    } else if (Peek() == '/' && Peek(1) == '/') {
      while (!at_end() && Peek() != '\n') Advance();
    } else if (Peek() == '/' && Peek(1) == '*') {
      const auto start = Here();
      Advance();
      Advance();
      while (!at_end() && !(Peek() == '*' && Peek(1) == '/')) Advance();
      if (at_end()) return ErrorAt(start, "comment without end");
      Advance();
      Advance();
    } else {
      break;
    }
  }
  return {};
}

Status MofLexer::ReadString(std::string& out) {
  const auto start = Here();
  Advance();
  while (true) {
    if (at_end() || Peek() == '\n') return ErrorAt(start, "text without closing quote");
    char c = Peek();
    Advance();
    if (c == '"') return {};
    if (c == '\0') return ErrorAt(start, "text with a NUL character");
    if (c == '\\') {
      if (at_end()) return ErrorAt(start, "text without closing quote");
      const char escaped = Peek();
      switch (escaped) {
        case '\\':
        case '"':
        case '\'':
          c = escaped;
          break;
        case 'n':
          c = '\n';
          break;
        case 't':
          c = '\t';
          break;
        case 'r':
          c = '\r';
          break;
        default:
          return ErrorAt(Here(), "unknown escape in a text");
      }
      Advance();
    }
    out += c;
  }
}

Result<MofToken> MofLexer::Next() {
  WW_RETURN_IF_ERROR(SkipBlanks());
  MofToken token = Here();
  if (at_end()) return token;
  const char c = Peek();
  if (IsLetter(c)) {
    token.kind = MofToken::Kind::kIdentifier;
    while (!at_end() && (IsLetter(Peek()) || IsDigit(Peek()))) {
      token.text += Peek();
      Advance();
    }
    if (!IsIdentifier(token.text)) return ErrorAt(token, "name is too long");
    return token;
  }
  if (c == '"') {
    token.kind = MofToken::Kind::kString;
    while (Peek() == '"') {
      WW_RETURN_IF_ERROR(ReadString(token.text));
      WW_RETURN_IF_ERROR(SkipBlanks());
    }
    return token;
  }
  if (c == '#') {
    token.kind = MofToken::Kind::kPragma;
    Advance();
    while (!at_end() && IsLetter(Peek())) {
      token.text += Peek();
      Advance();
    }
    return token;
  }
  if (IsDigit(c) || ((c == '-' || c == '+') && IsDigit(Peek(1)))) {
    std::string text;
    if (c == '-') text += '-';
    if (!IsDigit(c)) Advance();
    const bool hex = Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X');
    if (hex) {
      Advance();
      Advance();
    }
    while (!at_end() && (IsDigit(Peek()) || IsLetter(Peek()) || Peek() == '.')) {
      text += Peek();
      Advance();
    }
    token.text = text;
    const char* const end = text.data() + text.size();
    auto parsed = std::from_chars(text.data(), end, token.number, hex ? 16 : 10);
    token.kind = MofToken::Kind::kInteger;
    if (parsed.ec == std::errc() && parsed.ptr == end) return token;
    token.kind = MofToken::Kind::kReal;
    parsed = std::from_chars(text.data(), end, token.real);
    if (hex || parsed.ec != std::errc() || parsed.ptr != end ||
        text.find('.') == std::string::npos) {
      return ErrorAt(token, "malformed number");
    }
    return token;
  }
  constexpr std::string_view kPunctuation = "[]{}():;,=";
  if (kPunctuation.find(c) == std::string_view::npos) {
    return ErrorAt(token, "unexpected character");
  }
  token.kind = MofToken::Kind::kPunctuation;
  token.text = c;
  Advance();
  return token;
}

}  // namespace ww::cim
