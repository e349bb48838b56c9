#include "odata_lexer.h"

#include <fmt/format.h>

#include <charconv>

#include "wimwright/base/text.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); }

constexpr std::size_t kGuidLength = 36;

// A GUID without quotes, and nothing of a longer word behind it.
bool StartsWithGuid(std::string_view text) {
  if (text.size() < kGuidLength) return false;
  for (std::size_t i = 0; i < kGuidLength; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return text.size() == kGuidLength ||
         !(IsLetter(text[kGuidLength]) || IsDigit(text[kGuidLength]) || text[kGuidLength] == '-');
}

// The service writes wall clock times with a Z (admin-service.md 6), so a Z that comes back means
// no more than that.
Value DateLiteral(const DateTime& date) {
  return Value::Date(date.offset_minutes() == 0 ? date.WithoutOffset() : date);
}

}  // namespace

tl::unexpected<Error> ODataError(std::string_view option, std::size_t position,
                                 std::string_view what) {
  return Fail(WbemError(WbemStatus::kInvalidQuery,
                        fmt::format("{}, character {}: {}", option, position + 1, what)));
}

Result<Value> ODataLexer::String() {
  const std::size_t start = at_++;
  std::string out;
  while (true) {
    if (at_ == text_.size()) return ODataError("$filter", start, "text without closing quote");
    const char c = text_[at_++];
    if (c == '\0') return ODataError("$filter", at_ - 1, "NUL character");
    if (c == '\'') {
      if (Peek() != '\'') return Value::String(std::move(out));
      ++at_;
    }
    out += c;
  }
}

Result<Value> ODataLexer::NumberOrDate() {
  const std::size_t start = at_;
  if (StartsWithGuid(text_.substr(at_))) {
    at_ += kGuidLength;
    return Value::String(std::string(text_.substr(start, kGuidLength)));
  }
  if (!IsDigit(Peek())) ++at_;
  while (IsDigit(Peek()) || IsLetter(Peek()) || Peek() == '.' || Peek() == ':' || Peek() == '-' ||
         Peek() == '+') {
    ++at_;
  }
  std::string_view text = text_.substr(start, at_ - start);
  if (text.size() > 8 && text[4] == '-') {
    const auto date = DateTime::ParseIso(text);
    if (!date) return ODataError("$filter", start, date.error().message);
    return DateLiteral(*date);
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  std::int64_t number = 0;
  auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return Value::Int(number);
  std::uint64_t large = 0;
  parsed = std::from_chars(text.data(), end, large);
  if (parsed.ec == std::errc() && parsed.ptr == end) return Value::Uint(large);
  double real = 0;
  parsed = std::from_chars(text.data(), end, real);
  if (parsed.ec == std::errc() && parsed.ptr == end) return Value::Real(real);
  return ODataError("$filter", start, "malformed number or date");
}

Result<ODataToken> ODataLexer::Next() {
  while (Peek() == ' ' || Peek() == '\t' || Peek() == '\r' || Peek() == '\n') ++at_;
  ODataToken token;
  token.position = at_;
  if (at_ == text_.size()) return token;
  const char c = Peek();
  token.kind = ODataToken::Kind::kLiteral;
  if (c == '\'') {
    auto value = String();
    if (!value) return Fail(value.error());
    token.value = *std::move(value);
    return token;
  }
  if (IsDigit(c) || ((c == '-' || c == '+') && IsDigit(Peek(1))) ||
      StartsWithGuid(text_.substr(at_))) {
    auto value = NumberOrDate();
    if (!value) return Fail(value.error());
    token.value = *std::move(value);
    return token;
  }
  if (IsLetter(c)) {
    while (IsLetter(Peek()) || IsDigit(Peek())) token.text += text_[at_++];
    if (!IsIdentifier(token.text)) return ODataError("$filter", token.position, "name is too long");
    token.kind = ODataToken::Kind::kIdentifier;
    if (Peek() != '\'') return token;
    // Older clients: datetime'2026-01-01T00:00:00', guid'...'.
    const bool date = SameName(token.text, "datetime") || SameName(token.text, "datetimeoffset");
    if (!date && !SameName(token.text, "guid")) return token;
    auto value = String();
    if (!value) return Fail(value.error());
    token.kind = ODataToken::Kind::kLiteral;
    token.value = *std::move(value);
    if (date) {
      const auto parsed = DateTime::ParseIso(*token.value.AsString());
      if (!parsed) return ODataError("$filter", token.position, parsed.error().message);
      token.value = DateLiteral(*parsed);
    }
    return token;
  }
  token.kind = ODataToken::Kind::kPunctuation;
  if (c == '\0' || std::string_view("(),:/*").find(c) == std::string_view::npos) {
    return ODataError("$filter", at_, "unexpected character");
  }
  token.text = c;
  ++at_;
  return token;
}

}  // namespace ww::cim
