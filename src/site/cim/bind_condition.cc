// Conditions.
#include <fmt/format.h>

#include <algorithm>

#include "binder.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

BoundExprPtr Constant(bool value) {
  auto out = std::make_unique<BoundExpr>();
  out->kind = BoundExpr::Kind::kConstant;
  out->constant = value;
  return out;
}

bool IsClassName(const BoundExpr& e) {
  return e.kind == BoundExpr::Kind::kColumn && e.column.property == Column::kClassName;
}

bool IsNumeric(CimType type) {
  return IsInteger(type) || IsReal(type) || type == CimType::kBoolean;
}
bool IsText(CimType type) { return type == CimType::kString || type == CimType::kReference; }

bool Comparable(CimType a, CimType b) {
  return (IsNumeric(a) && IsNumeric(b)) || (IsText(a) && IsText(b)) ||
         (a == CimType::kDatetime && b == CimType::kDatetime);
}

BoundExprPtr Negated(BoundExprPtr expr) {
  if (expr->kind == BoundExpr::Kind::kConstant) return Constant(!expr->constant);
  auto out = std::make_unique<BoundExpr>();
  out->kind = BoundExpr::Kind::kNot;
  out->children.push_back(std::move(expr));
  return out;
}

void SortDistinct(std::vector<Value>& values) {
  std::ranges::sort(values, [](const Value& a, const Value& b) {
    const auto order = Compare(a, b);
    return order && *order < 0;
  });
  const auto same = [](const Value& a, const Value& b) {
    const auto order = Compare(a, b);
    return order && *order == 0;
  };
  values.erase(std::unique(values.begin(), values.end(), same), values.end());
}

}  // namespace

Result<BoundExprPtr> Binder::Condition(const Expr& expr) {
  switch (expr.kind) {
    case Expr::Kind::kAnd:
    case Expr::Kind::kOr:
      return Connective(expr);
    case Expr::Kind::kNot: {
      auto inner = Condition(*expr.children[0]);
      if (!inner) return inner;
      return Negated(*std::move(inner));
    }
    case Expr::Kind::kCompare:
      return Compare(expr);
    case Expr::Kind::kLike:
      return Like(expr);
    case Expr::Kind::kIn:
      return In(expr);
    case Expr::Kind::kIsNull:
      return IsNull(expr);
    case Expr::Kind::kIsa:
      return Isa(expr);
    default:
      return BindError(expr.position, "expected a condition");
  }
}

Result<BoundExprPtr> Binder::Connective(const Expr& expr) {
  const bool is_and = expr.kind == Expr::Kind::kAnd;
  auto out = std::make_unique<BoundExpr>();
  out->kind = is_and ? Kind::kAnd : Kind::kOr;
  bool decided = false;
  for (const auto& child : expr.children) {
    auto bound = Condition(*child);  // all of them: an error behind a constant is an error, too
    if (!bound) return bound;
    if ((*bound)->kind == Kind::kConstant) {
      decided = decided || (*bound)->constant != is_and;
      continue;
    }
    out->children.push_back(*std::move(bound));
  }
  if (decided) return Constant(!is_and);
  if (out->children.empty()) return Constant(is_and);
  if (out->children.size() == 1) {
    BoundExprPtr only = std::move(out->children[0]);
    return only;
  }
  return out;
}

Result<BoundExprPtr> Binder::Compare(const Expr& expr) {
  auto bound_left = Operand(*expr.children[0]);
  if (!bound_left) return bound_left;
  auto bound_right = Operand(*expr.children[1]);
  if (!bound_right) return bound_right;
  BoundExprPtr left = *std::move(bound_left);
  BoundExprPtr right = *std::move(bound_right);
  CompareOp op = expr.op;
  const bool swap = (left->kind == Kind::kLiteral && right->kind != Kind::kLiteral) ||
                    (right->array && !left->array) ||
                    // Of two literals, the date decides how the other is read.
                    (left->kind == Kind::kLiteral && right->kind == Kind::kLiteral &&
                     IsText(left->type) && !left->value.is_null() && !right->value.is_null());
  if (swap) {
    std::swap(left, right);
    op = Mirrored(op);
  }
  if (right->kind == Kind::kLiteral) return CompareLiteral(expr, std::move(left), op, right->value);
  if (IsClassName(*left) || IsClassName(*right)) {
    return BindError(expr.position, "__CLASS can only be compared with a text");
  }
  if (right->array) return BindError(expr.position, "two arrays cannot be compared");
  if (!Comparable(left->type, right->type)) {
    return BindError(expr.position, fmt::format("a {} cannot be compared with a {}",
                                                CimTypeName(left->type), CimTypeName(right->type)));
  }
  auto out = std::make_unique<BoundExpr>();
  out->kind = Kind::kCompare;
  out->op = op;
  out->array = left->array;
  out->children.push_back(std::move(left));
  out->children.push_back(std::move(right));
  return out;
}

Result<BoundExprPtr> Binder::CompareLiteral(const Expr& expr, BoundExprPtr left, CompareOp op,
                                            const Value& literal) {
  if (literal.is_null()) {
    if (op != CompareOp::kEqual && op != CompareOp::kNotEqual) {
      return BindError(expr.position, "NULL can only be compared by = and <>");
    }
    const bool negated = op == CompareOp::kNotEqual;
    if (left->kind == Kind::kLiteral) return Constant(left->value.is_null() != negated);
    auto out = std::make_unique<BoundExpr>();
    out->kind = Kind::kIsNull;
    out->negated = negated;
    out->array = left->array;
    out->children.push_back(std::move(left));
    return out;
  }
  if (IsClassName(*left)) {
    if (op != CompareOp::kEqual && op != CompareOp::kNotEqual) {
      return BindError(expr.position, "__CLASS can only be compared by = and <>");
    }
    return ClassCondition(
        left->column.source, op == CompareOp::kNotEqual,
        [name = ToText(literal)](const ClassDeclaration& c) { return SameName(c.name(), name); });
  }
  if (left->kind == Kind::kLiteral && left->value.is_null()) {
    if (op != CompareOp::kEqual && op != CompareOp::kNotEqual) {
      return BindError(expr.position, "NULL can only be compared by = and <>");
    }
    return Constant(op == CompareOp::kNotEqual);
  }
  auto value = LiteralFor(*left, literal, expr.position);
  if (!value) return Fail(value.error());
  if (left->kind == Kind::kLiteral) {
    const auto order = cim::Compare(left->value, *value);
    return Constant(order && Holds(op, *order));
  }
  auto out = std::make_unique<BoundExpr>();
  out->kind = Kind::kCompare;
  out->op = op;
  out->array = left->array;
  auto right = std::make_unique<BoundExpr>();
  right->kind = Kind::kLiteral;
  right->type = left->type;
  right->value = *std::move(value);
  out->children.push_back(std::move(left));
  out->children.push_back(std::move(right));
  return out;
}

Result<BoundExprPtr> Binder::Like(const Expr& expr) {
  auto bound = Operand(*expr.children[0]);
  if (!bound) return bound;
  BoundExprPtr left = *std::move(bound);
  auto bound_pattern = Operand(*expr.children[1]);
  if (!bound_pattern) return bound_pattern;
  const auto& given = **bound_pattern;
  const bool usable =
      given.kind == Kind::kLiteral && (given.value.AsString() != nullptr || IsInteger(given.type));
  if (!usable) return BindError(expr.position, "LIKE needs a text as its pattern");
  auto pattern = LikePattern::Compile(ToText(given.value));
  if (!pattern) return BindError(expr.position, pattern.error().message);
  if (left->kind == Kind::kLiteral) {
    return Constant(!left->value.is_null() &&
                    pattern->Matches(ToText(left->value)) != expr.negated);
  }
  if (IsClassName(*left)) {
    return ClassCondition(left->column.source, expr.negated,
                          [&](const ClassDeclaration& c) { return pattern->Matches(c.name()); });
  }
  if (!IsText(left->type) && !IsInteger(left->type)) {
    return BindError(
        expr.position,
        fmt::format("LIKE works on texts and whole numbers, not on a {}", CimTypeName(left->type)));
  }
  if (pattern->is_literal()) {
    const Value text = Value::String(pattern->literal_text());
    const auto value = IsText(left->type) ? text : LiteralFor(*left, text, 0).value_or(Value());
    // "016" is not the decimal text of 16: that stays a pattern.
    if (!value.is_null() && ToText(value) == *text.AsString()) {
      auto equal = CompareLiteral(expr, std::move(left), CompareOp::kEqual, value);
      if (!equal || !expr.negated) return equal;
      return Negated(*std::move(equal));
    }
  }
  auto out = std::make_unique<BoundExpr>();
  out->kind = Kind::kLike;
  out->negated = expr.negated;
  out->array = left->array;
  out->as_text = IsInteger(left->type);
  out->pattern = *std::move(pattern);
  out->children.push_back(std::move(left));
  return out;
}

Result<BoundExprPtr> Binder::In(const Expr& expr) {
  auto bound = Operand(*expr.children[0]);
  if (!bound) return bound;
  BoundExprPtr left = *std::move(bound);
  if (expr.subquery != nullptr) return InSubquery(expr, std::move(left));
  if (IsClassName(*left)) {
    return ClassCondition(left->column.source, expr.negated, [&](const ClassDeclaration& c) {
      return std::any_of(expr.children.begin() + 1, expr.children.end(),
                         [&](const auto& e) { return SameName(ToText(e->value), c.name()); });
    });
  }
  auto out = std::make_unique<BoundExpr>();
  out->kind = Kind::kIn;
  out->negated = expr.negated;
  out->array = left->array;
  for (std::size_t i = 1; i < expr.children.size(); ++i) {
    if (expr.children[i]->value.is_null()) continue;
    auto value = LiteralFor(*left, expr.children[i]->value, expr.children[i]->position);
    if (!value) return Fail(value.error());
    out->values.push_back(*std::move(value));
  }
  SortDistinct(out->values);
  if (left->kind == Kind::kLiteral) {
    const bool found = std::ranges::any_of(out->values, [&](const auto& v) {
      const auto order = cim::Compare(left->value, v);
      return order && *order == 0;
    });
    return Constant(!left->value.is_null() && found != expr.negated);
  }
  if (out->values.empty()) return Constant(expr.negated);
  out->children.push_back(std::move(left));
  return out;
}

Result<BoundExprPtr> Binder::InSubquery(const Expr& expr, BoundExprPtr left) {
  Binder inner(schema_, options_);
  auto query = inner.Query(*expr.subquery);
  if (!query) return Fail(query.error());
  if (IsClassName(*left) || left->kind == Kind::kLiteral) {
    return BindError(expr.position, "IN with a sub-query needs a property on its left");
  }
  if (query->count || query->columns.size() != 1) {
    return BindError(expr.position, "a sub-query has to select exactly one property");
  }
  const auto& column = query->columns[0];
  const auto& type = query->sources[column.source].cls->properties()[column.property].type;
  if (type.array || !Comparable(left->type, type.type)) {
    return BindError(expr.position, fmt::format("a {} cannot be compared with a {}",
                                                CimTypeName(left->type), ToString(type)));
  }
  auto out = std::make_unique<BoundExpr>();
  out->kind = Kind::kIn;
  out->negated = expr.negated;
  out->array = left->array;
  out->subquery = std::make_unique<BoundQuery>(*std::move(query));
  out->children.push_back(std::move(left));
  return out;
}

Result<BoundExprPtr> Binder::IsNull(const Expr& expr) {
  auto bound = Operand(*expr.children[0]);
  if (!bound) return bound;
  if ((*bound)->kind == Kind::kLiteral) return Constant((*bound)->value.is_null() != expr.negated);
  if (IsClassName(**bound)) return Constant(expr.negated);
  auto out = std::make_unique<BoundExpr>();
  out->kind = Kind::kIsNull;
  out->negated = expr.negated;
  out->array = (*bound)->array;
  out->children.push_back(*std::move(bound));
  return out;
}

Result<BoundExprPtr> Binder::Isa(const Expr& expr) {
  Name name = expr.name;
  if (!SameName(name.property, "__THIS")) {
    // `alias ISA "Class"`
    if (!name.qualifier.empty()) return BindError(expr.position, "expected __THIS before ISA");
    name.qualifier = name.property;
  } else if (name.qualifier.empty() && sources_.size() > 1) {
    return BindError(expr.position, "__THIS needs an alias in a join");
  }
  auto source = SourceOf(name);
  if (!source) return Fail(source.error());
  return ClassCondition(*source, false, [wanted = ToText(expr.value)](const ClassDeclaration& c) {
    return c.IsA(wanted);
  });
}

template <typename Predicate>
BoundExprPtr Binder::ClassCondition(std::size_t source, bool negated, Predicate wanted) const {
  auto out = std::make_unique<BoundExpr>();
  out->kind = Kind::kIsa;
  out->column.source = source;
  out->column.property = Column::kClassName;
  out->negated = negated;
  const auto& cls = sources_[source].cls;
  auto candidates = schema_.Subclasses(cls->name(), true);
  candidates.push_back(cls);
  for (const auto& candidate : candidates) {
    if (wanted(*candidate)) out->classes.push_back(candidate);
  }
  if (out->classes.empty()) return Constant(negated);
  // The empty side of a left join has no class, so there nothing is certain.
  if (out->classes.size() == candidates.size() && !sources_[source].left_join) {
    return Constant(!negated);
  }
  std::ranges::sort(out->classes,
                    [](const auto& a, const auto& b) { return NameLess(a->name(), b->name()); });
  return out;
}

Result<BoundExprPtr> Binder::ConditionOn(const Expr& expr, ClassPtr cls) {
  BoundSource source;
  source.alias = cls->name();
  source.cls = std::move(cls);
  sources_.push_back(std::move(source));
  return Condition(expr);
}

}  // namespace ww::cim
