// What a table looks like, in words that both back-ends understand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/result.h"

namespace ww::database {

enum class ColumnType {
  kInteger,   // 64 bit, signed
  kReal,      // double; never NaN nor infinite
  kText,      // UTF-8 without NUL
  kBlob,      // bytes
  kDateTime,  // text that sorts by time: DMTF "20261121090000.000000+000" or ISO. Stored as text
};

struct ColumnDefinition {
  std::string name;
  ColumnType type = ColumnType::kText;
  bool key = false;       // part of the row's key, in order of declaration; implies not_null
  bool not_null = false;  // rows that do not say get 0, "" or no bytes
  bool indexed = false;   // an index of its own
  bool case_insensitive = false;  // text: compares, sorts, groups and is unique without ASCII case
};

struct IndexDefinition {
  std::vector<std::string> columns;
  bool unique = false;
};

// A table without key columns is a plain list (the elements of an array property, say): it takes
// inserts and deletes, not upserts.
struct TableDefinition {
  std::string name;
  std::vector<ColumnDefinition> columns;
  std::vector<IndexDefinition> indexes = {};  // beyond the key and the columns marked `indexed`

  // nullptr: no such column. Names of tables and columns are found without ASCII case.
  const ColumnDefinition* Find(std::string_view column) const;
};

// Names begin with a letter or '_', go on with letters, digits and '_', and have at most this many
// characters (PostgreSQL cuts at 63). "ww_", "sqlite_" and "pg_" are the databases' and ours.
inline constexpr std::size_t kMaxNameLength = 60;
inline constexpr std::size_t kMaxColumns = 1000;
bool IsValidName(std::string_view name);

// kUsage, with the table and the column, for a definition that no back-end should see: bad or
// reserved or repeated names, no columns, case_insensitive on something that is not text, an index
// over unknown columns.
Status Validate(const TableDefinition& table);

}  // namespace ww::database
