#include "wimwright/database/expression.h"

#include <algorithm>
#include <utility>

#include "node.h"

namespace ww::database {
namespace {

int DepthOf(const std::vector<Expression>& expressions) {
  int depth = 0;
  for (const auto& e : expressions) depth = std::max(depth, e.node().depth);
  return depth;
}

int DepthOf(const Select& select) {
  int depth = DepthOf(select.columns);
  if (select.where) depth = std::max(depth, select.where->node().depth);
  for (const auto& join : select.joins) depth = std::max(depth, join.on.node().depth);
  for (const auto& order : select.order) depth = std::max(depth, order.by.node().depth);
  return depth;
}

}  // namespace

LikeToken LikeToken::Text(std::string text) {
  return {.kind = Kind::kText, .text = std::move(text)};
}
LikeToken LikeToken::AnyRun() { return {.kind = Kind::kAnyRun}; }
LikeToken LikeToken::AnyChar() { return {.kind = Kind::kAnyChar}; }
LikeToken LikeToken::Class(std::vector<Range> ranges, bool negated) {
  return {.kind = Kind::kClass, .ranges = std::move(ranges), .negated = negated};
}

Expression Expression::Make(ExpressionNode node) {
  int depth = DepthOf(node.operands);
  if (node.select) depth = std::max(depth, DepthOf(*node.select));
  node.depth = depth + 1;
  if (node.depth > kMaxDepth) node = ExpressionNode{.kind = NodeKind::kTooDeep, .depth = kMaxDepth};
  return Expression(std::make_shared<const ExpressionNode>(std::move(node)));
}

Expression Expression::Column(std::string column) { return Column({}, std::move(column)); }
Expression Expression::Column(std::string source, std::string column) {
  return Make({.kind = NodeKind::kColumn, .column = {std::move(source), std::move(column)}});
}
Expression Expression::Literal(Value value) {
  return Make({.kind = NodeKind::kLiteral, .literal = std::move(value)});
}
Expression Expression::Lower(Expression text) {
  return Make({.kind = NodeKind::kLower, .operands = {std::move(text)}});
}
Expression Expression::Upper(Expression text) {
  return Make({.kind = NodeKind::kUpper, .operands = {std::move(text)}});
}
Expression Expression::Substring(Expression text, std::int64_t start, std::int64_t length) {
  return Make({.kind = NodeKind::kSubstring,
               .operands = {std::move(text)},
               .start = start,
               .length = length});
}
Expression Expression::Length(Expression text) {
  return Make({.kind = NodeKind::kLength, .operands = {std::move(text)}});
}
Expression Expression::Integer(Expression text) {
  return Make({.kind = NodeKind::kInteger, .operands = {std::move(text)}});
}
Expression Expression::Text(Expression number) {
  return Make({.kind = NodeKind::kText, .operands = {std::move(number)}});
}
Expression Expression::Add(Expression number, Expression term) {
  return Make({.kind = NodeKind::kAdd, .operands = {std::move(number), std::move(term)}});
}
Expression Expression::Compare(Comparison how, Expression left, Expression right) {
  return Make({.kind = NodeKind::kCompare,
               .operands = {std::move(left), std::move(right)},
               .comparison = how});
}
Expression Expression::Equal(std::string column, Value value) {
  return Compare(Comparison::kEqual, Column(std::move(column)), Literal(std::move(value)));
}
Expression Expression::And(std::vector<Expression> all) {
  return Make({.kind = NodeKind::kAnd, .operands = std::move(all)});
}
Expression Expression::Or(std::vector<Expression> any) {
  return Make({.kind = NodeKind::kOr, .operands = std::move(any)});
}
Expression Expression::Not(Expression condition) {
  return Make({.kind = NodeKind::kNot, .operands = {std::move(condition)}});
}
Expression Expression::IsNull(Expression value) {
  return Make({.kind = NodeKind::kIsNull, .operands = {std::move(value)}});
}
Expression Expression::In(Expression value, std::vector<Value> list) {
  return Make({.kind = NodeKind::kIn, .operands = {std::move(value)}, .list = std::move(list)});
}
Expression Expression::InSelect(Expression value, const Select& select) {
  return Make({.kind = NodeKind::kInSelect,
               .operands = {std::move(value)},
               .select = std::make_shared<const Select>(select)});
}
Expression Expression::Like(Expression value, LikePattern pattern) {
  return Make(
      {.kind = NodeKind::kLike, .operands = {std::move(value)}, .pattern = std::move(pattern)});
}
Expression Expression::Exists(const Select& select) {
  return Make({.kind = NodeKind::kExists, .select = std::make_shared<const Select>(select)});
}

}  // namespace ww::database
