// A piece of SQL text with the parameters that belong to its placeholders, in their order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wimwright/database/schema.h"
#include "wimwright/database/table.h"
#include "wimwright/database/value.h"

namespace ww::database {

// How a value travels; date-times are text by now.
enum class WireType { kInteger, kReal, kText, kBlob };
WireType WireTypeOf(ColumnType type);

struct Parameter {
  WireType type = WireType::kText;
  Value value;  // null, or of `type`
};

// Text comes from this module's own literals and from validated names only.
struct Sql {
  std::string text;
  std::vector<Parameter> parameters;

  Sql() = default;
  explicit Sql(std::string t) : text(std::move(t)) {}
  Sql& Add(std::string_view more) {
    text += more;
    return *this;
  }
  Sql& Add(Sql more);
};

// A statement that answers rows: with the type of each of its columns.
struct Query {
  Sql sql;
  std::vector<WireType> columns;
};

// The differences between the back-ends that are a matter of spelling.
struct Dialect {
  Backend backend;
  bool sqlite() const { return backend == Backend::kSqlite; }

  static std::string Quote(std::string_view valid_name);
  // A placeholder with its value. Typed on PostgreSQL, which cannot always infer.
  Sql Bind(WireType type, Value value) const;
  std::string_view TypeName(ColumnType type) const;
  // An expression of text as it is compared and sorted without case. SQLite does that by collation.
  std::string Folded(std::string_view expression, bool case_insensitive) const;
};

}  // namespace ww::database
