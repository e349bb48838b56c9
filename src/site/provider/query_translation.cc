#include "query_translation.h"

#include <algorithm>

#include "value_codec.h"

namespace ww::provider {
namespace {

using cim::BoundExpr;
using database::Expression;
using Maybe = std::optional<Expression>;

database::Comparison Op(cim::CompareOp op) {
  switch (op) {
    case cim::CompareOp::kEqual:
      return database::Comparison::kEqual;
    case cim::CompareOp::kNotEqual:
      return database::Comparison::kNotEqual;
    case cim::CompareOp::kLess:
      return database::Comparison::kLess;
    case cim::CompareOp::kLessOrEqual:
      return database::Comparison::kLessOrEqual;
    case cim::CompareOp::kGreater:
      return database::Comparison::kGreater;
    case cim::CompareOp::kGreaterOrEqual:
      return database::Comparison::kGreaterOrEqual;
  }
  return database::Comparison::kEqual;
}

class Translator {
 public:
  Translator(std::size_t source, const cim::ClassDeclaration& cls) : source_(source), cls_(cls) {}

  // The depth of bound trees is capped (cim::Expr::kMaxDepth).
  Maybe Condition(const BoundExpr& expr) const {
    using Kind = BoundExpr::Kind;
    if (expr.array) return std::nullopt;
    switch (expr.kind) {
      case Kind::kConstant:
        return Constant(expr.constant);
      case Kind::kCompare:
        return Compare(expr);
      case Kind::kLike:
        return Like(expr);
      case Kind::kIn:
        return In(expr);
      case Kind::kIsNull: {
        const auto operand = Operand(*expr.children[0]);
        if (!operand) return std::nullopt;
        return Negate(Expression::IsNull(*operand), expr.negated);
      }
      case Kind::kIsa:
        if (expr.column.source != source_) return std::nullopt;
        return Constant(
            std::any_of(expr.classes.begin(), expr.classes.end(), [this](const auto& c) {
              return cim::SameName(c->name(), cls_.name());
            }) != expr.negated);
      case Kind::kAnd:
      case Kind::kOr:
        return Several(expr);
      case Kind::kNot: {
        const auto inner = Condition(*expr.children[0]);
        if (!inner) return std::nullopt;
        return Expression::Not(*inner);
      }
      default:
        return std::nullopt;
    }
  }

 private:
  static Expression Constant(bool value) {
    return value ? Expression::And({}) : Expression::Or({});
  }
  static Expression Negate(Expression condition, bool negated) {
    return negated ? Expression::Not(std::move(condition)) : condition;
  }

  Maybe Several(const BoundExpr& expr) const {
    std::vector<Expression> all;
    for (const auto& child : expr.children) {
      auto one = Condition(*child);
      if (!one) return std::nullopt;
      all.push_back(*std::move(one));
    }
    return expr.kind == BoundExpr::Kind::kAnd ? Expression::And(std::move(all))
                                              : Expression::Or(std::move(all));
  }

  Maybe Operand(const BoundExpr& expr) const {
    using Kind = BoundExpr::Kind;
    if (expr.kind == Kind::kColumn) {
      if (expr.column.source != source_ || expr.array ||
          expr.column.property >= cls_.properties().size()) {
        return std::nullopt;
      }
      const auto& property = cls_.properties()[expr.column.property];
      if (property.type.array || property.type.type == cim::CimType::kObject) return std::nullopt;
      return Expression::Column(property.name);
    }
    if (expr.kind == Kind::kLiteral) return Literal(expr.value);
    if (expr.kind != Kind::kFunction || expr.children.empty()) return std::nullopt;
    const auto text = Operand(*expr.children[0]);
    if (!text) return std::nullopt;
    switch (expr.function) {
      case cim::Function::kUpper:
        return Expression::Upper(*text);
      case cim::Function::kLower:
        return Expression::Lower(*text);
      default:
        return std::nullopt;
    }
  }

  static Maybe Literal(const cim::Value& value) {
    using Kind = cim::Value::Kind;
    if (value.kind() == Kind::kObject || value.kind() == Kind::kArray) return std::nullopt;
    if (value.kind() == Kind::kDateTime && value.AsDate()->is_interval()) return std::nullopt;
    auto cell = ToCell(value, cim::TypeSpec{});
    if (!cell) return std::nullopt;
    return Expression::Literal(*std::move(cell));
  }

  Maybe Compare(const BoundExpr& expr) const {
    const auto left = Operand(*expr.children[0]);
    const auto right = Operand(*expr.children[1]);
    if (!left || !right) return std::nullopt;
    return Expression::Compare(Op(expr.op), *left, *right);
  }

  Maybe Like(const BoundExpr& expr) const {
    const auto operand = Operand(*expr.children[0]);
    if (!operand || !expr.pattern) return std::nullopt;
    database::LikePattern pattern;
    for (const auto& token : expr.pattern->tokens()) {
      switch (token.kind) {
        case cim::LikeToken::Kind::kLiteral:
          pattern.push_back(database::LikeToken::Text(token.literal));
          break;
        case cim::LikeToken::Kind::kAnyRun:
          pattern.push_back(database::LikeToken::AnyRun());
          break;
        case cim::LikeToken::Kind::kAnyChar:
          pattern.push_back(database::LikeToken::AnyChar());
          break;
        case cim::LikeToken::Kind::kCharClass: {
          std::vector<database::LikeToken::Range> ranges;
          for (const auto& [first, last] : token.char_class.ranges) ranges.push_back({first, last});
          pattern.push_back(
              database::LikeToken::Class(std::move(ranges), token.char_class.negated));
          break;
        }
      }
    }
    return Negate(Expression::Like(*operand, std::move(pattern)), expr.negated);
  }

  Maybe In(const BoundExpr& expr) const {
    const auto operand = Operand(*expr.children[0]);
    if (!operand || expr.subquery) return std::nullopt;
    std::vector<database::Value> list;
    for (const auto& value : expr.values) {
      auto cell = ToCell(value, cim::TypeSpec{});
      if (!cell || value.kind() == cim::Value::Kind::kObject) return std::nullopt;
      list.push_back(*std::move(cell));
    }
    return Negate(Expression::In(*operand, std::move(list)), expr.negated);
  }

  std::size_t source_;
  const cim::ClassDeclaration& cls_;
};

}  // namespace

Translated Translate(const BoundExpr* condition, std::size_t source,
                     const cim::ClassDeclaration& cls) {
  Translated out;
  if (condition == nullptr) return out;
  const Translator translator(source, cls);
  if ((out.where = translator.Condition(*condition))) return out;
  out.complete = false;
  if (condition->kind != BoundExpr::Kind::kAnd) return out;
  std::vector<Expression> known;
  for (const auto& term : condition->children) {
    if (auto one = translator.Condition(*term)) known.push_back(*std::move(one));
  }
  if (!known.empty()) out.where = Expression::And(std::move(known));
  return out;
}

}  // namespace ww::provider
