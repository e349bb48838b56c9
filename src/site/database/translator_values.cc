// Values: columns, literals and functions, and what their types do when they meet.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "node.h"
#include "translator.h"
#include "utf8.h"
#include "wimwright/base/text.h"

namespace ww::database {
namespace {

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

WireType TypeOf(const Value& value) {
  if (value.is_integer()) return WireType::kInteger;
  if (value.is_real()) return WireType::kReal;
  if (value.is_blob()) return WireType::kBlob;
  return WireType::kText;
}

bool IsNumber(WireType type) { return type == WireType::kInteger || type == WireType::kReal; }

}  // namespace

std::optional<Value> AsCell(const Value& value, WireType type) {
  // Made in place: gcc 12 takes a moved temporary for uninitialised under sanitizers.
  if (type == WireType::kReal && value.is_integer()) {
    return std::optional<Value>(std::in_place, static_cast<double>(value.integer()));
  }
  bool fits = value.is_null();
  switch (type) {
    case WireType::kInteger:
      fits = fits || value.is_integer();
      break;
    case WireType::kReal:
      fits = fits || (value.is_real() && std::isfinite(value.real()));
      break;
    case WireType::kText:
      fits = fits || (value.is_text() && IsStorableText(value.text()));
      break;
    case WireType::kBlob:
      fits = fits || value.is_blob();
      break;
  }
  return fits ? std::optional<Value>(std::in_place, value) : std::nullopt;
}

Status Translator::Adopt(Term& term, WireType type) const {
  if (!term.is_literal || term.literal.is_null()) return {};
  const Value& value = term.literal;
  std::optional<Value> fit = AsCell(value, type);
  if (!fit && IsNumber(type) && value.is_text()) {
    if (const auto integer = ParseWhole<std::int64_t>(value.text())) {
      fit = AsCell(*integer, type);
    } else if (const auto real = ParseWhole<double>(value.text()); real && std::isfinite(*real)) {
      fit = *real;
      type = WireType::kReal;
    }
  } else if (!fit && type == WireType::kInteger && value.is_real() && std::isfinite(value.real())) {
    fit = value;  // 1.5 lies between two integers: compared as it is
    type = WireType::kReal;
  } else if (!fit && type == WireType::kText) {
    if (value.is_integer()) fit = Value(std::to_string(value.integer()));
    if (value.is_real()) fit = Value(fmt::format("{}", value.real()));
  }
  if (!fit) return Fail(Code::kUsage, "a literal cannot be compared with a column of its type");
  term.literal = *std::move(fit);
  term.type = type;
  return {};
}

Status Translator::Enter() {
  if (++visited_ > kMaxNodes) return Fail(Code::kLimit, "the expression is too large");
  if (nesting_ > kMaxNesting) return Fail(Code::kLimit, "the expression is nested too deeply");
  return {};
}

Sql Translator::Plain(Term term) const {
  return term.is_literal ? dialect_.Bind(term.type, std::move(term.literal)) : std::move(term.sql);
}

Sql Translator::Compared(Term term, bool case_insensitive) const {
  const bool text = term.type == WireType::kText;
  if (text && case_insensitive && term.is_literal && term.literal.is_text() && !dialect_.sqlite()) {
    term.literal = ToLowerAscii(term.literal.text());
    return Plain(std::move(term));
  }
  Sql sql = Plain(std::move(term));
  if (text) sql.text = dialect_.Folded(sql.text, case_insensitive);
  return sql;
}

Result<Translator::Term> Translator::Column(const ColumnRef& column, const Scope& scope) const {
  const auto refused = [&](std::string_view why) {
    const auto source = column.source.empty() ? "" : column.source.substr(0, 100) + ".";
    return Fail(Code::kUsage, fmt::format("{} '{}{}'", why, source, column.column.substr(0, 100)));
  };
  for (const Scope* s = &scope; s != nullptr; s = s->outer) {
    for (const auto& source : s->sources) {
      if (!column.source.empty() && !EqualNoCaseAscii(source.alias, column.source)) continue;
      const auto* definition = source.table->Find(column.column);
      if (definition == nullptr) return refused("there is no column");
      Term term;
      term.sql.text = source.sql + "." + Dialect::Quote(definition->name);
      term.type = WireTypeOf(definition->type);
      term.case_insensitive = definition->case_insensitive;
      return term;
    }
  }
  return refused("no table of the query has the name in");
}

Result<Translator::Term> Translator::TextValue(const Expression& expression, const Scope& scope) {
  WW_TRY(Term term, Value_(expression, scope), "text");
  if (term.is_literal) WW_RETURN_IF_ERROR(Adopt(term, WireType::kText));
  if (term.type != WireType::kText) return Fail(Code::kUsage, "a function of text got no text");
  term.sql = Plain(std::move(term));
  term.is_literal = false;
  return term;
}

Result<Translator::Term> Translator::Value_(const Expression& expression, const Scope& scope) {
  const ExpressionNode& node = expression.node();
  WW_RETURN_IF_ERROR(Enter());
  const Nested nested(*this, 4);
  const bool sqlite = dialect_.sqlite();
  const auto wrap = [](Term term, std::string_view before, std::string_view after) {
    term.sql.text = std::string(before) + term.sql.text + std::string(after);
    return term;
  };
  switch (node.kind) {
    case NodeKind::kColumn:
      return Column(node.column, scope);
    case NodeKind::kLiteral: {
      const WireType type = TypeOf(node.literal);
      if (!AsCell(node.literal, type)) {
        return Fail(Code::kUsage, "a literal is not a finite number, or not UTF-8 without NUL");
      }
      return Term{.type = type, .is_literal = true, .literal = node.literal};
    }
    case NodeKind::kLower:
    case NodeKind::kUpper: {
      WW_TRY(Term term, TextValue(node.operands[0], scope), "lower, upper");
      return wrap(std::move(term), node.kind == NodeKind::kLower ? "lower(" : "upper(",
                  sqlite ? ")" : " COLLATE \"C\")");
    }
    case NodeKind::kSubstring: {
      WW_TRY(Term term, TextValue(node.operands[0], scope), "substring");
      constexpr std::int64_t kMost = 1'000'000'000;  // no text is longer
      if (node.length < 0) return Fail(Code::kUsage, "a substring of negative length");
      const auto start = std::clamp(node.start, -kMost, kMost);
      const auto first = std::max<std::int64_t>(start, 1);
      const auto end = start + std::min(node.length, 2 * kMost);
      const auto length = std::clamp<std::int64_t>(end - first, 0, kMost);
      return wrap(std::move(term), "substr(", fmt::format(", {}, {})", first, length));
    }
    case NodeKind::kLength: {
      WW_TRY(Term term, TextValue(node.operands[0], scope), "length");
      term.type = WireType::kInteger;
      term.case_insensitive = false;
      return sqlite ? wrap(std::move(term), "length(", ")")
                    : wrap(std::move(term), "CAST(char_length(", ") AS bigint)");
    }
    case NodeKind::kInteger: {
      WW_TRY(Term term, TextValue(node.operands[0], scope), "integer");
      term.type = WireType::kInteger;
      term.case_insensitive = false;
      return sqlite ? wrap(std::move(term), "ww_integer(", ")")
                    : wrap(std::move(term), "CAST('0' || substring(",
                           " from '^[0-9]{0,18}') AS bigint)");
    }
    case NodeKind::kText: {
      WW_TRY(Term term, Value_(node.operands[0], scope), "text of a number");
      if (term.type == WireType::kText) return term;
      if (term.type != WireType::kInteger) {
        return Fail(Code::kUsage, "only integers have one decimal text");
      }
      term.sql = Plain(std::move(term));
      term.is_literal = false;
      term.type = WireType::kText;
      return wrap(std::move(term), "CAST(", " AS text)");
    }
    case NodeKind::kAdd: {
      WW_TRY(Term left, Value_(node.operands[0], scope), "sum");
      WW_TRY(Term right, Value_(node.operands[1], scope), "sum");
      if (left.type != WireType::kInteger || right.type != WireType::kInteger) {
        return Fail(Code::kUsage, "only integers are added");
      }
      Term sum{.type = WireType::kInteger};
      sum.sql.Add("(").Add(Plain(std::move(left))).Add(" + ").Add(Plain(std::move(right))).Add(")");
      return sum;
    }
    case NodeKind::kTooDeep:
      return Fail(Code::kLimit, "the expression is nested too deeply");
    default:
      return Fail(Code::kUsage, "a condition stands where a value has to");
  }
}

}  // namespace ww::database
