// Selects: sources, columns, grouping, order and paging.
#include <algorithm>

#include "node.h"
#include "translator.h"
#include "wimwright/base/text.h"

namespace ww::database {
namespace {

constexpr std::size_t kMaxJoins = 16;
constexpr std::size_t kMaxParameters = 30'000;  // SQLite takes 32,766, PostgreSQL 65,535

std::int64_t Paging(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, 1ULL << 62));
}

Status CheckSize(const Sql& sql) {
  if (sql.parameters.size() > kMaxParameters) {
    return Fail(Code::kLimit, "a statement with more than 30,000 literals");
  }
  return {};
}

}  // namespace

Result<Scope::Source> Translator::MakeSource(std::string_view table, std::string_view alias) {
  WW_TRY(auto definition, tables_.Find(table), "query");
  Scope::Source source;
  source.alias = alias.empty() ? definition->name : std::string(alias);
  source.table = std::move(definition);
  source.sql = "t" + std::to_string(aliases_++);
  return source;
}

Result<Scope> Translator::MakeScope(const Select& select, const Scope* outer) {
  if (select.joins.size() > kMaxJoins) return Fail(Code::kLimit, "more than 16 joins");
  Scope scope{.sources = {}, .outer = outer};
  WW_TRY(auto main, MakeSource(select.table, select.alias), "select");
  scope.sources.push_back(std::move(main));
  for (const auto& join : select.joins) {
    WW_TRY(auto source, MakeSource(join.table, join.alias), "join");
    for (const auto& other : scope.sources) {
      if (EqualNoCaseAscii(other.alias, source.alias)) {
        return Fail(Code::kUsage, "two tables of a query have one alias");
      }
    }
    scope.sources.push_back(std::move(source));
  }
  return scope;
}

Result<Sql> Translator::Where(const std::optional<Expression>& where, const Scope& scope) {
  if (!where) return Sql();
  WW_TRY(Sql condition, Condition(*where, scope), "where");
  return std::move(Sql(" WHERE ").Add(std::move(condition)));
}

Result<Translator::Shape> Translator::Translate(const Select& select, const Scope& scope) {
  Shape shape;
  const auto& main = scope.sources[0];
  if (select.columns.empty()) {
    for (const auto& column : main.table->columns) {
      WW_TRY(Term term, Column({main.alias, column.name}, scope), "columns");
      shape.columns.push_back(std::move(term));
    }
  }
  if (select.columns.size() > kMaxColumns) return Fail(Code::kLimit, "too many columns");
  for (const auto& column : select.columns) {
    WW_TRY(Term term, Value_(column, scope), "columns");
    shape.columns.push_back(std::move(term));
  }
  Sql& sql = shape.from_where;
  sql.Add(" FROM " + Dialect::Quote(main.table->name) + " AS " + main.sql);
  for (std::size_t i = 0; i < select.joins.size(); ++i) {
    const auto& source = scope.sources[i + 1];
    sql.Add(select.joins[i].kind == Join::Kind::kLeft ? " LEFT JOIN " : " JOIN ");
    sql.Add(Dialect::Quote(source.table->name) + " AS " + source.sql + " ON ");
    WW_TRY(Sql on, Condition(select.joins[i].on, scope), "join");
    sql.Add(std::move(on));
  }
  WW_TRY(Sql where, Where(select.where, scope), "select");
  sql.Add(std::move(where));
  return shape;
}

// Distinct rows are groups: both back-ends then ignore the case of the same columns.
Result<Sql> Translator::Grouping(const Shape& shape) const {
  Sql sql;
  for (const auto& column : shape.columns) {
    if (column.is_literal) continue;
    if (!column.sql.parameters.empty()) {
      // PostgreSQL cannot see that two expressions with parameters are one.
      return Fail(Code::kUsage, "distinct columns with literals inside");
    }
    sql.Add(sql.text.empty() ? " GROUP BY " : ", ");
    // As it is selected, or PostgreSQL does not know it again: equal is equal in every collation.
    sql.Add(column.case_insensitive ? dialect_.Folded(column.sql.text, true) : column.sql.text);
  }
  return sql;
}

Result<Sql> Translator::OrderBy(const std::vector<Order>& orders, const Scope& scope,
                                const std::vector<Term>* only) {
  if (orders.size() > 64) return Fail(Code::kLimit, "too many columns to order by");
  Sql sql;
  for (const auto& order : orders) {
    WW_TRY(Term term, Value_(order.by, scope), "order");
    if (term.is_literal) continue;
    if (only != nullptr && std::ranges::none_of(*only, [&](const Term& t) {
          return !t.is_literal && t.sql.text == term.sql.text;
        })) {
      return Fail(Code::kUsage, "a distinct query is ordered by what it does not select");
    }
    sql.Add(sql.text.empty() ? " ORDER BY " : ", ");
    const bool fold = term.case_insensitive;
    sql.Add(Compared(std::move(term), fold));
    // Nulls are lowest: SQLite's habit already, and PostgreSQL's indexes are made so.
    if (dialect_.sqlite()) {
      sql.Add(order.descending ? " DESC" : "");
    } else {
      sql.Add(order.descending ? " DESC NULLS LAST" : " ASC NULLS FIRST");
    }
  }
  return sql;
}

Result<Query> Translator::TranslateSelect(const Select& select) {
  WW_TRY(const Scope scope, MakeScope(select, nullptr), "select");
  WW_TRY(Shape shape, Translate(select, scope), "select");
  WW_TRY(Sql order, OrderBy(select.order, scope, select.distinct ? &shape.columns : nullptr),
         "select");
  Query query;
  Sql grouping;
  if (select.distinct) {
    WW_TRY(grouping, Grouping(shape), "select");
  }
  const bool all_literal = std::ranges::all_of(shape.columns, &Term::is_literal);
  query.sql.Add("SELECT ");
  for (std::size_t i = 0; i < shape.columns.size(); ++i) {
    Term& column = shape.columns[i];
    query.columns.push_back(column.type);
    if (i > 0) query.sql.Add(", ");
    // Of the spellings in a group, the lowest by code point.
    const bool spelled = select.distinct && column.case_insensitive && !column.is_literal;
    Sql plain = Plain(std::move(column));
    if (spelled) plain.text = "min(" + dialect_.Folded(plain.text, false) + ")";
    query.sql.Add(std::move(plain));
  }
  query.sql.Add(std::move(shape.from_where)).Add(std::move(grouping)).Add(std::move(order));
  const auto limit = select.distinct && all_literal
                         ? std::min<std::uint64_t>(select.limit.value_or(1), 1)
                         : select.limit;
  if (limit) {
    query.sql.Add(" LIMIT ").Add(dialect_.Bind(WireType::kInteger, Paging(*limit)));
  }
  if (select.offset != 0) {
    if (!limit && dialect_.sqlite()) query.sql.Add(" LIMIT -1");
    query.sql.Add(" OFFSET ").Add(dialect_.Bind(WireType::kInteger, Paging(select.offset)));
  }
  WW_RETURN_IF_ERROR(CheckSize(query.sql));
  return query;
}

Result<Query> Translator::TranslateCount(const Select& select) {
  WW_TRY(const Scope scope, MakeScope(select, nullptr), "count");
  WW_TRY(Shape shape, Translate(select, scope), "count");
  Query query;
  query.columns = {WireType::kInteger};
  query.sql.Add(select.distinct ? "SELECT count(*) FROM (SELECT 1" : "SELECT count(*)");
  query.sql.Add(std::move(shape.from_where));
  if (select.distinct) {
    WW_TRY(Sql grouping, Grouping(shape), "count");
    query.sql.Add(std::move(grouping)).Add(") AS g");
  }
  WW_RETURN_IF_ERROR(CheckSize(query.sql));
  return query;
}

}  // namespace ww::database
