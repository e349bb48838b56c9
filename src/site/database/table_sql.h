// Tables and indexes as SQL.
#pragma once

#include <string>
#include <vector>

#include "sql.h"
#include "wimwright/database/table.h"

namespace ww::database {

struct NamedIndex {
  std::string name;  // from a digest over what it is
  std::vector<std::string> columns;
  bool unique = false;
  bool is_key = false;
};

// The key's, those of `indexed` columns, those of `indexes`; none twice.
std::vector<NamedIndex> IndexesOf(const TableDefinition& table);

std::vector<std::string> CreateTableSql(const Dialect& dialect, const TableDefinition& table);
std::string AddColumnSql(const Dialect& dialect, const TableDefinition& table,
                         const ColumnDefinition& column);
// Empty on SQLite for the key, which stands in the table there.
std::string CreateIndexSql(const Dialect& dialect, const TableDefinition& table,
                           const NamedIndex& index);

}  // namespace ww::database
