// A query that has met the schema: names are indices, literals have types, and whatever can be
// decided now is decided. What the database translates and evaluate.h carries out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/base/result.h"
#include "wimwright/cim/like.h"
#include "wimwright/cim/query.h"
#include "wimwright/cim/schema.h"

namespace ww::cim {

struct BoundQuery;
struct BoundExpr;
using BoundExprPtr = std::unique_ptr<BoundExpr>;

// A column: property `property` of source `source`. By the order of ClassDeclaration::properties()
// the index holds for every subclass, too.
struct Column {
  static constexpr std::size_t kClassName = static_cast<std::size_t>(-1);  // __CLASS

  std::size_t source = 0;
  std::size_t property = 0;

  friend bool operator==(const Column&, const Column&) = default;
};

// Differences from Expr:
//   - A comparison has the column or function on the left, and a literal (if there is one) on the
//     right, already of the left side's type. Integers are widened: a literal outside the
//     property's own range is legal and simply never equal.
//   - `= NULL` has become kIsNull. Functions of literals, GetDate() included, are literals.
//   - kLike has its pattern compiled; `as_text` says that the operand is an integer, to be matched
//     by its decimal text. A pattern without wildcards has become a comparison.
//   - kIn has its list as `values`, or `subquery`, whose one column gives the list.
//   - kIsa: source is (or derives from) one of `classes`; so are comparisons of __CLASS with a
//   known
//     name that are `=` or IN. Names nobody has make kConstant false.
//   - `array`: the left column is an array; the condition holds when any element satisfies it. Null
//     and empty arrays satisfy nothing and are NULL.
struct BoundExpr {
  enum class Kind {
    kConstant,
    kLiteral,
    kColumn,
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

  Kind kind = Kind::kConstant;
  CimType type = CimType::kBoolean;  // of the value; boolean for conditions
  bool array = false;
  bool negated = false;   // kLike, kIn, kIsNull, kIsa
  bool constant = false;  // kConstant: what it always is
  bool as_text = false;
  CompareOp op = CompareOp::kEqual;
  Function function = Function::kUpper;
  DatePart date_part = DatePart::kDay;
  Value value;    // kLiteral
  Column column;  // kColumn, kIsa (source only)
  std::optional<LikePattern> pattern;
  std::vector<Value> values;      // kIn: distinct, without null
  std::vector<ClassPtr> classes;  // kIsa: concrete and abstract, sorted by name, exact classes
  std::vector<BoundExprPtr> children;
  std::unique_ptr<BoundQuery> subquery;

  BoundExpr();
  ~BoundExpr();
};

struct BoundSource {
  ClassPtr cls;
  std::string alias;
  bool left_join = false;
  BoundExprPtr on;  // null for the first source and for the comma style
};

struct BoundOrder {
  Column column;
  bool descending = false;
};

struct BoundQuery {
  bool count = false;
  std::optional<Column> count_column;  // COUNT(Property): nulls do not count
  bool distinct = false;
  std::vector<BoundSource> sources;  // never empty
  std::vector<Column> columns;       // what was selected, expanded, each once, in order
  bool all_columns = false;          // SELECT * of one source: subclasses deliver all of theirs
  BoundExprPtr where;
  std::vector<BoundOrder> order_by;
  std::optional<std::uint64_t> top;
  std::uint64_t skip = 0;

  // Class of the results: of the one source whose columns are selected (instances may be of
  // subclasses), __Generic with uint32 Count, or __Generic with one object per alias.
  ClassPtr result_class;
  // Set when all columns belong to one source: results are plain instances of it.
  std::optional<std::size_t> result_source;
};

struct BindOptions {
  // What GetDate() is: the site's wall clock, offset unknown.
  DateTime now;
};

// kInvalidClass for an unknown class, kInvalidQuery with the position for everything else: unknown
// names, names that two sources have, types that do not compare, LIKE on dates, order of arrays,
// system properties other than __CLASS in WHERE, COUNT with DISTINCT, embedded classes.
Result<BoundQuery> Bind(const Query& query, const Schema& schema, const BindOptions& options);
// One condition on one class, for filters that are not whole queries.
Result<BoundExprPtr> Bind(const Expr& expr, ClassPtr cls, const Schema& schema,
                          const BindOptions& options);

}  // namespace ww::cim
