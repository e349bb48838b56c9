// Queries and changes of rows, as values. All names are checked against the defined tables.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wimwright/base/progress.h"
#include "wimwright/database/expression.h"
#include "wimwright/database/value.h"

namespace ww::database {

struct Join {
  enum class Kind { kInner, kLeft };
  std::string table;
  std::string alias = {};  // empty: the table's name
  Expression on;
  Kind kind = Kind::kInner;
};

// Nulls count as the lowest value: first in ascending order, last in descending.
struct Order {
  Expression by;
  bool descending = false;
};

struct Select {
  std::string table;
  std::string alias = {};  // empty: the table's name
  std::vector<Join> joins = {};
  // Values, not conditions. Empty: all columns of the main table, in the order of its definition.
  std::vector<Expression> columns = {};
  std::optional<Expression> where = {};
  // Without an order the database may answer in any: name the key last when pages must be stable.
  std::vector<Order> order = {};
  std::optional<std::uint64_t> limit = {};
  std::uint64_t offset = 0;
  // Equal rows once, case_insensitive columns without case. Then `order` may only name `columns`.
  bool distinct = false;
};

// One assignment of an update: `column` = an expression over the old row.
struct Assignment {
  std::string column;
  Expression value;
};

// Rows as they come, one at a time: memory does not grow with their number on either back-end.
// Lives no longer than the transaction that made it; other statements of the same transaction may
// run in between. One thread at a time.
class Rows {
 public:
  virtual ~Rows() = default;
  // Whether there was another row. After false or an error: nothing more. kCancelled when the
  // cancellation given to the query was requested.
  virtual Result<bool> Next() = 0;
  // The row that Next() found; valid until the next call. Cells have the types of the columns, or
  // are null.
  virtual std::span<const Value> row() const = 0;
};

}  // namespace ww::database
