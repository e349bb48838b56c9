// The work behind Bind(): one object per query, its sub-queries have their own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wimwright/cim/bind.h"

namespace ww::cim {

class Binder {
 public:
  Binder(const Schema& schema, const BindOptions& options) : schema_(schema), options_(options) {}

  Result<BoundQuery> Query(const cim::Query& query);
  Result<BoundExprPtr> ConditionOn(const Expr& expr, ClassPtr cls);

 private:
  using Kind = BoundExpr::Kind;

  // What a name stands for.
  Status AddSource(const Source& source, Join::Kind kind);
  Result<std::size_t> SourceOf(const Name& name) const;
  Result<Column> Resolve(const Name& name) const;
  const PropertyDeclaration& DeclarationOf(const Column& column) const;

  // Conditions.
  Result<BoundExprPtr> Condition(const Expr& expr);
  Result<BoundExprPtr> Connective(const Expr& expr);
  Result<BoundExprPtr> Compare(const Expr& expr);
  Result<BoundExprPtr> CompareLiteral(const Expr& expr, BoundExprPtr left, CompareOp op,
                                      const Value& literal);
  Result<BoundExprPtr> Like(const Expr& expr);
  Result<BoundExprPtr> In(const Expr& expr);
  Result<BoundExprPtr> InSubquery(const Expr& expr, BoundExprPtr left);
  Result<BoundExprPtr> IsNull(const Expr& expr);
  Result<BoundExprPtr> Isa(const Expr& expr);
  template <typename Predicate>
  BoundExprPtr ClassCondition(std::size_t source, bool negated, Predicate wanted) const;

  // Values.
  Result<BoundExprPtr> Operand(const Expr& expr);
  Result<BoundExprPtr> Call(const Expr& expr);
  Result<Value> LiteralFor(const BoundExpr& left, const Value& literal, std::size_t position) const;

  // The rest of a query.
  Status Columns(const cim::Query& query, BoundQuery& out) const;
  Status AddColumn(const Name& name, BoundQuery& out) const;
  Status Order(const cim::Query& query, BoundQuery& out) const;
  Status ResultClass(BoundQuery& out) const;

  const Schema& schema_;
  const BindOptions& options_;
  std::vector<BoundSource> sources_;
};

// kInvalidQuery, "character 17: ...".
tl::unexpected<Error> BindError(std::size_t position, std::string_view what);

// Functions on literals; also what evaluate.cc does row by row.
Result<Value> Apply(const BoundExpr& call, const std::vector<const Value*>& arguments);

}  // namespace ww::cim
