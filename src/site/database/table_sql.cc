#include "table_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::database {
namespace {

NamedIndex Named(const TableDefinition& table, std::vector<std::string> columns, bool unique,
                 bool is_key) {
  // The columns as the table spells them, whatever the index said.
  for (auto& column : columns) {
    if (const auto* definition = table.Find(column)) column = definition->name;
  }
  const auto identity =
      ToLowerAscii(fmt::format("{}|{}|{}", table.name, unique ? "u" : "", fmt::join(columns, ",")));
  const auto digest = Sha256(AsBytes(identity));
  return {"ix_" + ToHex(ByteView(digest).first(10)), std::move(columns), unique, is_key};
}

// The same whether the table is made or grown: a column that is not null has a default, which rows
// that exist take.
std::string ColumnSql(const Dialect& dialect, const ColumnDefinition& column) {
  auto sql = Dialect::Quote(column.name) + " " + std::string(dialect.TypeName(column.type));
  if (dialect.sqlite() && column.case_insensitive) sql += " COLLATE NOCASE";
  if (column.key) return sql + " NOT NULL";
  if (!column.not_null) return sql;
  switch (WireTypeOf(column.type)) {
    case WireType::kInteger:
    case WireType::kReal:
      return sql + " NOT NULL DEFAULT 0";
    case WireType::kText:
      return sql + " NOT NULL DEFAULT ''";
    case WireType::kBlob:
      break;
  }
  return sql + (dialect.sqlite() ? " NOT NULL DEFAULT x''" : " NOT NULL DEFAULT ''");
}

}  // namespace

std::vector<NamedIndex> IndexesOf(const TableDefinition& table) {
  std::vector<NamedIndex> out;
  const auto add = [&](NamedIndex index) {
    if (std::ranges::none_of(out, [&](const auto& i) { return i.name == index.name; })) {
      out.push_back(std::move(index));
    }
  };
  std::vector<std::string> key;
  for (const auto& column : table.columns) {
    if (column.key) key.push_back(column.name);
  }
  if (!key.empty()) add(Named(table, key, true, true));
  for (const auto& column : table.columns) {
    const bool is_key = key.size() == 1 && column.key;
    if (column.indexed && !is_key) add(Named(table, {column.name}, false, false));
  }
  for (const auto& index : table.indexes) add(Named(table, index.columns, index.unique, false));
  return out;
}

std::vector<std::string> CreateTableSql(const Dialect& dialect, const TableDefinition& table) {
  std::string columns;
  for (const auto& column : table.columns) {
    columns += (columns.empty() ? "" : ", ") + ColumnSql(dialect, column);
  }
  std::vector<std::string> out(1);
  std::string key;
  for (const auto& index : IndexesOf(table)) {
    if (index.is_key && dialect.sqlite()) {
      for (const auto& column : index.columns) {
        key += (key.empty() ? "" : ", ") + Dialect::Quote(column);
      }
      key = ", PRIMARY KEY (" + key + ")";
    } else {
      out.push_back(CreateIndexSql(dialect, table, index));
    }
  }
  out[0] = fmt::format("CREATE TABLE {} ({}{}){}", Dialect::Quote(table.name), columns, key,
                       dialect.sqlite() ? " STRICT" : "");
  return out;
}

std::string AddColumnSql(const Dialect& dialect, const TableDefinition& table,
                         const ColumnDefinition& column) {
  return fmt::format("ALTER TABLE {} ADD COLUMN {}", Dialect::Quote(table.name),
                     ColumnSql(dialect, column));
}

std::string CreateIndexSql(const Dialect& dialect, const TableDefinition& table,
                           const NamedIndex& index) {
  std::string parts;
  for (const auto& name : index.columns) {
    const auto* column = table.Find(name);
    if (!parts.empty()) parts += ", ";
    const bool fold = column != nullptr && column->case_insensitive;
    const auto quoted = Dialect::Quote(name);
    if (dialect.sqlite()) {
      parts += quoted;  // the column's own collation
    } else {
      // As conditions and orders spell it, nulls lowest: or the index would not serve them.
      parts += (fold ? "(" + dialect.Folded(quoted, true) + ")" : quoted) + " ASC NULLS FIRST";
    }
  }
  return fmt::format("CREATE {}INDEX {} ON {} ({})", index.unique ? "UNIQUE " : "",
                     Dialect::Quote(index.name), Dialect::Quote(table.name), parts);
}

}  // namespace ww::database
