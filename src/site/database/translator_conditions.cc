// Conditions: comparisons, lists, patterns, sub-selects and how they combine.
#include <algorithm>
#include <bit>

#include "like.h"
#include "node.h"
#include "translator.h"
#include "utf8.h"
#include "wimwright/base/text.h"

namespace ww::database {
namespace {

constexpr std::size_t kMaxList = 10'000;
constexpr std::string_view kTrue = "1 = 1";
constexpr std::string_view kFalse = "1 = 0";

std::string_view Operator(Comparison how) {
  switch (how) {
    case Comparison::kEqual:
      return " = ";
    case Comparison::kNotEqual:
      return " <> ";
    case Comparison::kLess:
      return " < ";
    case Comparison::kLessOrEqual:
      return " <= ";
    case Comparison::kGreater:
      return " > ";
    case Comparison::kGreaterOrEqual:
      break;
  }
  return " >= ";
}

bool Comparable(WireType a, WireType b) {
  const auto number = [](WireType t) { return t == WireType::kInteger || t == WireType::kReal; };
  return a == b || (number(a) && number(b));
}

// "((a AND b ...) AND (c AND d ...))": SQLite counts a chain as depth, and allows 1000; it has 100
// entries for brackets. Groups of 16 stay far from both.
Sql Joined(std::vector<Sql> parts, std::string_view word) {
  constexpr std::size_t kGroup = 16;
  while (parts.size() > 1) {
    std::vector<Sql> groups;
    for (std::size_t first = 0; first < parts.size(); first += kGroup) {
      const std::size_t last = std::min(first + kGroup, parts.size());
      if (last - first == 1) {
        groups.push_back(std::move(parts[first]));
        continue;
      }
      Sql group("(");
      for (std::size_t i = first; i < last; ++i) {
        group.Add(i == first ? "" : word).Add(std::move(parts[i]));
      }
      groups.push_back(std::move(group.Add(")")));
    }
    parts = std::move(groups);
  }
  return std::move(parts[0]);
}

}  // namespace

Result<Sql> Translator::Compare(Comparison how, Term left, Term right) {
  const auto null = [](const Term& t) { return t.is_literal && t.literal.is_null(); };
  if (null(left)) std::swap(left, right);
  if (null(right)) {
    if (how != Comparison::kEqual && how != Comparison::kNotEqual) return Sql(std::string(kFalse));
    const bool equal = how == Comparison::kEqual;
    if (null(left)) return Sql(std::string(equal ? kTrue : kFalse));
    Sql sql("(");
    return sql.Add(Plain(std::move(left))).Add(equal ? " IS NULL)" : " IS NOT NULL)");
  }
  if (right.is_literal) {
    WW_RETURN_IF_ERROR(Adopt(right, left.type));
  } else if (left.is_literal) {
    WW_RETURN_IF_ERROR(Adopt(left, right.type));
  }
  if (!Comparable(left.type, right.type)) {
    return Fail(Code::kUsage, "text, numbers and bytes cannot be compared with each other");
  }
  const bool fold = left.case_insensitive || right.case_insensitive;
  Sql sql("(");
  sql.Add(Compared(std::move(left), fold)).Add(Operator(how));
  return sql.Add(Compared(std::move(right), fold)).Add(")");
}

Result<Sql> Translator::In(Term value, const std::vector<Value>& list) {
  if (list.size() > kMaxList) return Fail(Code::kLimit, "a list of more than 10,000 values");
  if (value.is_literal) value.sql = Plain(value), value.is_literal = false;
  bool null = false;
  std::vector<Term> integers_or_text, reals;  // a list of one type each
  for (const auto& item : list) {
    if (item.is_null()) {
      null = true;
      continue;
    }
    Term term{.is_literal = true, .literal = item};
    WW_RETURN_IF_ERROR(Adopt(term, value.type));
    (term.type == WireType::kReal ? reals : integers_or_text).push_back(std::move(term));
  }
  std::vector<Sql> any;
  for (auto* terms : {&integers_or_text, &reals}) {
    if (terms->empty()) continue;
    // Lists are filled up to a power of two with their last value, so that one prepared statement
    // serves lists of many lengths.
    const std::size_t size = std::bit_ceil(terms->size());
    Sql sql("(");
    sql.Add(Compared(value, value.case_insensitive)).Add(" IN (");
    for (std::size_t i = 0; i < size; ++i) {
      Term term = (*terms)[std::min(i, terms->size() - 1)];
      if (i > 0) sql.Add(", ");
      // SQLite takes the collation of the left side; saying it again here is an error there.
      sql.Add(dialect_.sqlite() ? Plain(std::move(term))
                                : Compared(std::move(term), value.case_insensitive));
    }
    any.push_back(std::move(sql.Add("))")));
  }
  if (null) any.push_back(std::move(Sql("(").Add(value.sql).Add(" IS NULL)")));
  if (any.empty()) return Sql(std::string(kFalse));
  return Joined(std::move(any), " OR ");
}

Result<Sql> Translator::InSelect(Term value, const Select& select, const Scope& scope) {
  if (select.columns.size() != 1) {
    return Fail(Code::kUsage, "a sub-select of a comparison has one column");
  }
  if (select.limit || select.offset != 0) {
    return Fail(Code::kUsage, "a sub-select of a comparison has no limit");
  }
  WW_TRY(const Scope inner, MakeScope(select, &scope), "sub-select");
  WW_TRY(Shape shape, Translate(select, inner), "sub-select");
  Term column = std::move(shape.columns[0]);
  if (column.is_literal) WW_RETURN_IF_ERROR(Adopt(column, value.type));
  if (value.is_literal) WW_RETURN_IF_ERROR(Adopt(value, column.type));
  if (!Comparable(value.type, column.type)) {
    return Fail(Code::kUsage, "a sub-select answers values of another type");
  }
  const bool fold = value.case_insensitive || column.case_insensitive;
  Sql sql("(");
  sql.Add(Compared(std::move(value), fold)).Add(" IN (SELECT ");
  sql.Add(Compared(std::move(column), fold)).Add(std::move(shape.from_where));
  return sql.Add("))");
}

Result<Sql> Translator::Like(Term value, const LikePattern& pattern) {
  if (value.type == WireType::kInteger) {
    Sql sql("CAST(");
    sql.Add(Plain(std::move(value))).Add(" AS text)");
    value = Term{.sql = std::move(sql)};
  } else if (value.is_literal) {
    WW_RETURN_IF_ERROR(Adopt(value, WireType::kText));
    value = Term{.sql = Plain(value)};
  }
  if (value.type != WireType::kText) return Fail(Code::kUsage, "LIKE needs text or an integer");
  const bool fold = value.case_insensitive;
  WW_TRY(const LikePattern prepared, PrepareLike(pattern, fold), "pattern");
  const auto text = [&](std::string t) {
    return Term{.is_literal = true, .literal = Value(std::move(t))};
  };
  if (auto plain = AsPlainText(prepared)) {
    return Compare(Comparison::kEqual, std::move(value), text(*std::move(plain)));
  }
  std::vector<Sql> all;
  if (auto prefix = PrefixOf(prepared)) {
    WW_TRY(Sql from, Compare(Comparison::kGreaterOrEqual, value, text(std::move(prefix->first))),
           "pattern");
    all.push_back(std::move(from));
    if (prefix->end) {
      WW_TRY(Sql to, Compare(Comparison::kLess, value, text(*std::move(prefix->end))), "pattern");
      all.push_back(std::move(to));
    }
  }
  if (dialect_.sqlite()) {
    Sql sql("ww_like(");
    sql.Add(dialect_.Bind(WireType::kText, EncodeLike(prepared))).Add(fold ? ", lower(" : ", (");
    all.push_back(std::move(sql.Add(std::move(value.sql)).Add("))")));
  } else {
    Sql sql("(");
    sql.Add(Compared(std::move(value), fold)).Add(" ~ ");
    all.push_back(std::move(sql.Add(dialect_.Bind(WireType::kText, ToRegex(prepared))).Add(")")));
  }
  return Joined(std::move(all), " AND ");
}

Result<Sql> Translator::Combine(const Expression& expression, const Scope& scope) {
  const NodeKind kind = expression.node().kind;
  const bool all = kind == NodeKind::kAnd;
  // A chain of two by two, as parsers build it, is one list.
  std::vector<const Expression*> open = {&expression};
  std::vector<const Expression*> operands;
  while (!open.empty()) {
    const Expression& next = *open.back();
    open.pop_back();
    if (next.node().kind != kind) {
      operands.push_back(&next);
      continue;
    }
    WW_RETURN_IF_ERROR(Enter());
    const auto& below = next.node().operands;
    for (auto it = below.rbegin(); it != below.rend(); ++it) open.push_back(&*it);
  }
  const Nested nested(*this, operands.size() > 256 ? 6 : operands.size() > 16 ? 3 : 0);
  std::vector<Sql> parts;
  for (const auto* operand : operands) {
    WW_TRY(Sql part, Condition(*operand, scope), all ? "and" : "or");
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return Sql(std::string(all ? kTrue : kFalse));
  return Joined(std::move(parts), all ? " AND " : " OR ");
}

Result<Sql> Translator::Condition(const Expression& expression, const Scope& scope) {
  const ExpressionNode& node = expression.node();
  WW_RETURN_IF_ERROR(Enter());
  const bool has_select = node.kind == NodeKind::kExists || node.kind == NodeKind::kInSelect;
  const Nested nested(*this, has_select ? 12 : node.kind == NodeKind::kNot ? 2 : 3);
  const auto value = [&](std::size_t i) { return Value_(node.operands[i], scope); };
  switch (node.kind) {
    case NodeKind::kCompare: {
      WW_TRY(Term left, value(0), "comparison");
      WW_TRY(Term right, value(1), "comparison");
      return Compare(node.comparison, std::move(left), std::move(right));
    }
    case NodeKind::kAnd:
    case NodeKind::kOr:
      return Combine(expression, scope);
    case NodeKind::kNot: {
      // Not of not is the condition itself, also where it is unknown.
      const Expression* inner = &node.operands[0];
      bool negated = true;
      for (; inner->node().kind == NodeKind::kNot; inner = &inner->node().operands[0]) {
        negated = !negated;
      }
      WW_TRY(Sql sql, Condition(*inner, scope), "not");
      if (!negated) return sql;
      return std::move(Sql("(NOT ").Add(std::move(sql)).Add(")"));
    }
    case NodeKind::kIsNull: {
      WW_TRY(Term operand, value(0), "is null");
      return std::move(Sql("(").Add(Plain(std::move(operand))).Add(" IS NULL)"));
    }
    case NodeKind::kIn: {
      WW_TRY(Term operand, value(0), "in");
      return In(std::move(operand), node.list);
    }
    case NodeKind::kInSelect: {
      WW_TRY(Term operand, value(0), "in");
      return InSelect(std::move(operand), *node.select, scope);
    }
    case NodeKind::kLike: {
      WW_TRY(Term operand, value(0), "like");
      return Like(std::move(operand), node.pattern);
    }
    case NodeKind::kExists: {
      WW_TRY(const Scope inner, MakeScope(*node.select, &scope), "exists");
      WW_TRY(Shape shape, Translate(*node.select, inner), "exists");
      return std::move(Sql("EXISTS (SELECT 1").Add(std::move(shape.from_where)).Add(")"));
    }
    case NodeKind::kTooDeep:
      return Fail(Code::kLimit, "the expression is nested too deeply");
    default:
      return Fail(Code::kUsage, "a value stands where a condition has to");
  }
}

}  // namespace ww::database
