#include "wimwright/database/table.h"

#include <algorithm>
#include <set>

#include "wimwright/base/text.h"

namespace ww::database {
namespace {

bool IsReserved(std::string_view name) {
  const auto lower = ToLowerAscii(name);
  return lower.starts_with("ww_") || lower.starts_with("sqlite_") || lower.starts_with("pg_");
}

Status ValidateColumn(const ColumnDefinition& column) {
  if (!IsValidName(column.name)) return Fail(Code::kUsage, "'" + column.name + "' is not a name");
  // Names of SQLite's hidden row number, which claims use.
  const auto lower = ToLowerAscii(column.name);
  if (IsReserved(column.name) || lower == "rowid" || lower == "_rowid_" || lower == "oid" ||
      lower == "ctid") {
    return Fail(Code::kUsage, "'" + column.name + "' is reserved");
  }
  if (column.case_insensitive && column.type != ColumnType::kText) {
    return Fail(Code::kUsage, column.name + ": only text is case insensitive");
  }
  return {};
}

}  // namespace

const ColumnDefinition* TableDefinition::Find(std::string_view column) const {
  const auto it = std::ranges::find_if(
      columns, [&](const auto& c) { return EqualNoCaseAscii(c.name, column); });
  return it == columns.end() ? nullptr : &*it;
}

bool IsValidName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameLength) return false;
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (!letter(name.front())) return false;
  return std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

Status Validate(const TableDefinition& table) {
  if (!IsValidName(table.name)) {
    return Fail(Code::kUsage, "'" + table.name.substr(0, 100) + "' is not a name of a table");
  }
  if (IsReserved(table.name)) return Fail(Code::kUsage, "'" + table.name + "' is reserved");
  if (table.columns.empty() || table.columns.size() > kMaxColumns) {
    return Fail(Code::kUsage, table.name + ": no columns, or too many");
  }
  std::set<std::string> names;
  for (const auto& column : table.columns) {
    WW_TRY_STATUS(ValidateColumn(column), table.name);
    if (!names.insert(ToLowerAscii(column.name)).second) {
      return Fail(Code::kUsage, table.name + ": two columns '" + column.name + "'");
    }
  }
  for (const auto& index : table.indexes) {
    if (index.columns.empty() || index.columns.size() > 16) {
      return Fail(Code::kUsage, table.name + ": an index of no columns, or of more than 16");
    }
    for (const auto& column : index.columns) {
      if (table.Find(column) == nullptr) {
        return Fail(Code::kUsage,
                    table.name + ": an index names no column '" + column.substr(0, 100) + "'");
      }
    }
  }
  return {};
}

}  // namespace ww::database
