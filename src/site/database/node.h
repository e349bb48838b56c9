// What an Expression points to. Private: only the builder and the translator look inside.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wimwright/database/expression.h"
#include "wimwright/database/select.h"

namespace ww::database {

enum class NodeKind {
  kTooDeep,  // what grew beyond the cap; has no operands
  kColumn,
  kLiteral,
  kLower,
  kUpper,
  kSubstring,
  kLength,
  kInteger,
  kText,
  kAdd,
  kCompare,
  kAnd,
  kOr,
  kNot,
  kIsNull,
  kIn,
  kInSelect,
  kLike,
  kExists,
};

struct ExpressionNode {
  NodeKind kind = NodeKind::kLiteral;
  std::vector<Expression> operands = {};
  ColumnRef column = {};                      // kColumn
  Value literal = {};                         // kLiteral
  Comparison comparison = {};                 // kCompare
  std::int64_t start = 0, length = 0;         // kSubstring
  std::vector<Value> list = {};               // kIn
  LikePattern pattern = {};                   // kLike
  std::shared_ptr<const Select> select = {};  // kInSelect, kExists
  int depth = 1;
};

}  // namespace ww::database
