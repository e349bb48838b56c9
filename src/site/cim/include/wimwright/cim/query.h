// What was asked, before it met a schema: one tree for WQL and for OData's query options.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/cim/value.h"

namespace ww::cim {

struct Query;
struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class CompareOp { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
CompareOp Mirrored(CompareOp op);  // a op b == b Mirrored(op) a
std::string_view OpText(CompareOp op);
bool Holds(CompareOp op, std::weak_ordering order);  // a op b, when that is how they compare

enum class Function { kUpper, kLower, kSubstring, kDatePart, kGetDate, kDateDiff, kDateAdd };

// A name in the text: [qualifier.]property, where the qualifier is an alias or a class.
struct Name {
  std::string qualifier;
  std::string property;  // also "__CLASS", "__THIS"
  std::size_t position = 0;
};

// One node. `children` by kind:
//   kLiteral    none (`value`)                 kProperty   none (`name`)
//   kFunction   arguments (`function`, `date_part`)
//   kCompare    left, right (`op`)             kLike       operand, pattern (`negated`)
//   kIn         operand, then the list; or operand alone and `subquery` (`negated`)
//   kIsNull     operand (`negated`)            kIsa        none (`name`, class in `value`)
//   kAnd, kOr   two or more                    kNot        one
// Depth is at most kMaxDepth; AND and OR of many terms are one flat node.
struct Expr {
  enum class Kind {
    kLiteral,
    kProperty,
    kFunction,
    kCompare,
    kLike,
    kIn,
    kIsNull,
    kIsa,
    kAnd,
    kOr,
    kNot
  };
  static constexpr int kMaxDepth = 64;

  Kind kind = Kind::kLiteral;
  std::size_t position = 0;  // byte in the text, for messages
  bool negated = false;
  CompareOp op = CompareOp::kEqual;
  Function function = Function::kUpper;
  DatePart date_part = DatePart::kDay;
  Value value;
  Name name;
  std::vector<ExprPtr> children;
  std::unique_ptr<Query> subquery;

  Expr();
  ~Expr();
};

struct Source {
  std::string class_name;
  std::string alias;  // the class name when none was given
  std::size_t position = 0;
};

struct Join {
  enum class Kind { kInner, kLeft };
  Kind kind = Kind::kInner;
  Source source;
  ExprPtr on;  // null for the comma style, whose condition is part of WHERE
};

struct OrderTerm {
  Name name;
  bool descending = false;
};

struct Query {
  bool count = false;  // SELECT COUNT(*) or COUNT(Property)
  bool distinct = false;
  // "*" as a property stands for all of its class. OData without $select: one "*".
  std::vector<Name> select;
  Source from;
  std::vector<Join> joins;
  ExprPtr where;  // null: everything
  std::vector<OrderTerm> order_by;
  std::optional<std::uint64_t> top;  // OData only, like skip
  std::uint64_t skip = 0;

  bool selects_all() const;  // one source and "*"
};

// `SELECT * FROM class_name`: an enumeration.
Query SelectAll(std::string_view class_name);

// WQL text that parses to the same tree (top and skip have no WQL form and are left out). What logs
// and REST errors show (admin-service.md 5).
std::string ToWql(const Query& query);
std::string ToWql(const Expr& expr);

}  // namespace ww::cim
