#include "sql.h"

#include <iterator>

namespace ww::database {

WireType WireTypeOf(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger:
      return WireType::kInteger;
    case ColumnType::kReal:
      return WireType::kReal;
    case ColumnType::kBlob:
      return WireType::kBlob;
    case ColumnType::kText:
    case ColumnType::kDateTime:
      break;
  }
  return WireType::kText;
}

Sql& Sql::Add(Sql more) {
  text += more.text;
  parameters.insert(parameters.end(), std::make_move_iterator(more.parameters.begin()),
                    std::make_move_iterator(more.parameters.end()));
  return *this;
}

std::string Dialect::Quote(std::string_view valid_name) {
  return '"' + std::string(valid_name) + '"';
}

Sql Dialect::Bind(WireType type, Value value) const {
  Sql sql;
  // SOCI turns ":p" into $1, $2, ... by position for PostgreSQL, and hands '?' to SQLite as it is.
  if (sqlite()) {
    // Bytes travel as text (see statement.h) and become bytes again, unchanged, here.
    sql.text = type == WireType::kBlob ? "CAST(? AS BLOB)" : "?";
  } else {
    switch (type) {
      case WireType::kInteger:
        sql.text = "CAST(:p AS bigint)";
        break;
      case WireType::kReal:
        sql.text = "CAST(:p AS double precision)";
        break;
      case WireType::kText:
        sql.text = "CAST(:p AS text)";
        break;
      case WireType::kBlob:
        sql.text = "CAST(:p AS bytea)";
        break;
    }
  }
  sql.parameters.push_back({type, std::move(value)});
  return sql;
}

std::string_view Dialect::TypeName(ColumnType type) const {
  switch (type) {
    case ColumnType::kInteger:
      return sqlite() ? "INTEGER" : "bigint";
    case ColumnType::kReal:
      return sqlite() ? "REAL" : "double precision";
    case ColumnType::kBlob:
      return sqlite() ? "BLOB" : "bytea";
    case ColumnType::kText:
    case ColumnType::kDateTime:
      break;
  }
  return sqlite() ? "TEXT" : "text COLLATE \"C\"";
}

std::string Dialect::Folded(std::string_view expression, bool case_insensitive) const {
  std::string text(expression);
  if (sqlite()) return text + (case_insensitive ? " COLLATE NOCASE" : " COLLATE BINARY");
  return case_insensitive ? "lower(" + text + " COLLATE \"C\")" : text + " COLLATE \"C\"";
}

}  // namespace ww::database
