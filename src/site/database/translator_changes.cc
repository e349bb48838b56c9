// Changes: insert, upsert, update, delete, claim.
#include <fmt/format.h>

#include <algorithm>

#include "node.h"
#include "translator.h"
#include "wimwright/base/text.h"

namespace ww::database {
namespace {

// The columns of the conflict: the key, as its unique index has it.
std::string ConflictTarget(const Dialect& dialect, const TableDefinition& table) {
  std::string out;
  for (const auto& column : table.columns) {
    if (!column.key) continue;
    if (!out.empty()) out += ", ";
    const auto name = Dialect::Quote(column.name);
    out += column.case_insensitive && !dialect.sqlite() ? "(" + dialect.Folded(name, true) + ")"
                                                        : name;
  }
  return out;
}

}  // namespace

Result<Sql> Translator::TranslateInsert(std::string_view table,
                                        const std::vector<std::string>& columns,
                                        std::span<const Row> rows, bool upsert) {
  WW_TRY(const auto definition, tables_.Find(table), "insert");
  if (columns.empty() || rows.empty()) return Fail(Code::kUsage, "an insert of nothing");
  std::vector<const ColumnDefinition*> targets;
  std::string names;
  for (const auto& name : columns) {
    const auto* column = definition->Find(name);
    if (column == nullptr || std::ranges::find(targets, column) != targets.end()) {
      return Fail(Code::kUsage, fmt::format("{}: '{}' is no column, or named twice",
                                            definition->name, name.substr(0, 100)));
    }
    targets.push_back(column);
    names += (names.empty() ? "" : ", ") + Dialect::Quote(column->name);
  }
  Sql sql("INSERT INTO " + Dialect::Quote(definition->name) + " (" + names + ") VALUES ");
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].size() != targets.size()) {
      return Fail(Code::kUsage, definition->name + ": a row does not fit its columns");
    }
    sql.Add(r == 0 ? "(" : ", (");
    for (std::size_t c = 0; c < targets.size(); ++c) {
      const WireType type = WireTypeOf(targets[c]->type);
      auto cell = AsCell(rows[r][c], type);
      if (!cell) {
        return Fail(Code::kUsage, fmt::format("{}.{}: a value of another type, or not storable",
                                              definition->name, targets[c]->name));
      }
      if (c > 0) sql.Add(", ");
      sql.Add(dialect_.Bind(type, *std::move(cell)));
    }
    sql.Add(")");
  }
  if (!upsert) return sql;
  std::string set;
  for (const auto* column : targets) {
    if (column->key) continue;
    const auto name = Dialect::Quote(column->name);
    set += (set.empty() ? "" : ", ") + name + " = excluded." + name;
  }
  const auto target = ConflictTarget(dialect_, *definition);
  const bool whole_key = std::ranges::all_of(definition->columns, [&](const auto& column) {
    return !column.key || std::ranges::find(targets, &column) != targets.end();
  });
  if (target.empty() || !whole_key) {
    return Fail(Code::kUsage, definition->name + ": an upsert names the whole key");
  }
  sql.Add(" ON CONFLICT (" + target + ")");
  return sql.Add(set.empty() ? " DO NOTHING" : " DO UPDATE SET " + set);
}

Result<Sql> Translator::SetList(const std::vector<Assignment>& assignments, const Scope& scope) {
  if (assignments.empty()) return Fail(Code::kUsage, "an update of no column");
  const auto& table = *scope.sources[0].table;
  Sql sql(" SET ");
  std::vector<const ColumnDefinition*> seen;
  for (const auto& assignment : assignments) {
    const auto* column = table.Find(assignment.column);
    if (column == nullptr || std::ranges::find(seen, column) != seen.end()) {
      return Fail(Code::kUsage, fmt::format("{}: '{}' is no column, or named twice", table.name,
                                            assignment.column.substr(0, 100)));
    }
    WW_TRY(Term term, Value_(assignment.value, scope), column->name);
    const WireType type = WireTypeOf(column->type);
    if (term.is_literal) {
      auto cell = AsCell(term.literal, type);
      if (!cell) return Fail(Code::kUsage, column->name + ": a value of another type");
      term.literal = *std::move(cell);
      term.type = type;
    } else if (term.type != type) {
      return Fail(Code::kUsage, column->name + ": an expression of another type");
    }
    if (!seen.empty()) sql.Add(", ");
    sql.Add(Dialect::Quote(column->name) + " = ").Add(Plain(std::move(term)));
    seen.push_back(column);
  }
  return sql;
}

Result<Sql> Translator::TranslateUpdate(std::string_view table,
                                        const std::vector<Assignment>& assignments,
                                        const std::optional<Expression>& where) {
  WW_TRY(const Scope scope, MakeScope(Select{.table = std::string(table)}, nullptr), "update");
  const auto& main = scope.sources[0];
  WW_TRY(Sql set, SetList(assignments, scope), main.table->name);
  WW_TRY(Sql condition, Where(where, scope), "update");
  Sql sql("UPDATE " + Dialect::Quote(main.table->name) + " AS " + main.sql);
  return std::move(sql.Add(std::move(set)).Add(std::move(condition)));
}

Result<Sql> Translator::TranslateDelete(std::string_view table,
                                        const std::optional<Expression>& where) {
  WW_TRY(const Scope scope, MakeScope(Select{.table = std::string(table)}, nullptr), "delete");
  const auto& main = scope.sources[0];
  WW_TRY(Sql condition, Where(where, scope), "delete");
  Sql sql("DELETE FROM " + Dialect::Quote(main.table->name) + " AS " + main.sql);
  return std::move(sql.Add(std::move(condition)));
}

Result<Query> Translator::TranslateClaim(const Database::Claim& claim) {
  const Select select{.table = claim.table};
  WW_TRY(const Scope outer, MakeScope(select, nullptr), "claim");
  WW_TRY(const Scope inner, MakeScope(select, nullptr), "claim");
  const auto& target = outer.sources[0];
  const auto& source = inner.sources[0];
  WW_TRY(Sql set, SetList(claim.assignments, outer), "claim");
  WW_TRY(Sql where, Where(claim.where, inner), "claim");
  WW_TRY(Sql order, OrderBy(claim.order, inner, nullptr), "claim");
  // The row's address, unique within the statement, on both back-ends.
  const std::string_view address = dialect_.sqlite() ? "rowid" : "ctid";
  const auto table = Dialect::Quote(target.table->name);
  Query query;
  query.sql.Add(fmt::format("UPDATE {} AS {}", table, target.sql)).Add(std::move(set));
  // = ANY(ARRAY(...)) makes PostgreSQL lock the rows once; IN (...) might run the sub-select again.
  query.sql.Add(fmt::format(" WHERE {}.{} {} {}.{} FROM {} AS {}", target.sql, address,
                            dialect_.sqlite() ? "IN (SELECT" : "= ANY(ARRAY(SELECT", source.sql,
                            address, table, source.sql));
  query.sql.Add(std::move(where)).Add(std::move(order)).Add(" LIMIT ");
  query.sql.Add(dialect_.Bind(
      WireType::kInteger, static_cast<std::int64_t>(std::min<std::uint64_t>(claim.count, 1000))));
  query.sql.Add(dialect_.sqlite() ? ")" : " FOR UPDATE SKIP LOCKED))").Add(" RETURNING ");
  std::vector<std::string> columns = claim.columns;
  if (columns.empty()) {
    for (const auto& column : target.table->columns) columns.push_back(column.name);
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto* column = target.table->Find(columns[i]);
    if (column == nullptr) {
      return Fail(Code::kUsage, "claim: no column '" + columns[i].substr(0, 100) + "'");
    }
    query.columns.push_back(WireTypeOf(column->type));
    query.sql.Add((i > 0 ? ", " : "") + Dialect::Quote(column->name));
  }
  return query;
}

}  // namespace ww::database
