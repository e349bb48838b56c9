// The condition tree: what a query asks, as values. It becomes SQL inside this module only, and
// every literal travels as a bound parameter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/database/value.h"

namespace ww::database {

struct Select;
struct ExpressionNode;  // private

enum class Comparison { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

// One piece of a LIKE pattern, already parsed by whoever knows the dialect (WQL and OData escape
// differently).
struct LikeToken {
  enum class Kind {
    kText,     // `text`, literally
    kAnyRun,   // any number of characters, none included
    kAnyChar,  // exactly one character (code point)
    kClass,    // one character of `ranges`, or none of them when `negated`
  };
  struct Range {
    char32_t first = 0, last = 0;  // both included
    bool operator==(const Range&) const = default;
  };
  Kind kind = Kind::kText;
  std::string text = {};
  std::vector<Range> ranges = {};
  bool negated = false;

  static LikeToken Text(std::string text);
  static LikeToken AnyRun();
  static LikeToken AnyChar();
  static LikeToken Class(std::vector<Range> ranges, bool negated = false);
};
using LikePattern = std::vector<LikeToken>;

// The name of a column, in a table of the same Select or of one around it. `source` is the alias
// (or the name, where no alias was given) of a table; empty: the Select's main table.
struct ColumnRef {
  std::string source;
  std::string column;
};

// An immutable tree that is cheap to copy. Its depth is capped when it grows (kMaxDepth), so a
// hostile filter can neither exhaust the stack here nor when the tree goes away: whatever exceeds
// the cap becomes an expression that every statement refuses with kLimit.
//
// Meaning, the same on both back-ends:
//  - A comparison with a null that comes out of a column is unknown, and unknown is not selected:
//    SQL's rules. A comparison with a literal Null means IS NULL or IS NOT NULL.
//  - Text compares without ASCII case when a case_insensitive column is on either side, by code
//    point otherwise. Lower() and Upper() change ASCII letters only.
//  - A literal meets a column of another type: text that is a whole decimal number becomes one, a
//    number becomes its decimal text; anything else is kUsage.
class Expression {
 public:
  static constexpr int kMaxDepth = 200;

  // Values.
  static Expression Column(std::string column);
  static Expression Column(std::string source, std::string column);
  static Expression Literal(Value value);
  static Expression Lower(Expression text);
  static Expression Upper(Expression text);
  // SQL's rules, in characters: `start` counts from 1; what lies before 1 counts but is not there.
  static Expression Substring(Expression text, std::int64_t start, std::int64_t length);
  static Expression Length(Expression text);                  // in characters
  static Expression Integer(Expression text);                 // its leading digits; 0 without any
  static Expression Text(Expression number);                  // decimal
  static Expression Add(Expression number, Expression term);  // integers

  // Conditions.
  static Expression Compare(Comparison how, Expression left, Expression right);
  static Expression Equal(std::string column, Value value);
  static Expression And(std::vector<Expression> all);  // of none: true
  static Expression Or(std::vector<Expression> any);   // of none: false
  static Expression Not(Expression condition);
  static Expression IsNull(Expression value);
  static Expression In(Expression value, std::vector<Value> list);     // of none: false
  static Expression InSelect(Expression value, const Select& select);  // of one column
  // Numbers are compared by their decimal text. Case as in comparisons.
  static Expression Like(Expression value, LikePattern pattern);
  // Whether `select` has a row. Its condition may name columns of the tables around it, which is
  // how an array property in a child table is asked.
  static Expression Exists(const Select& select);

  const ExpressionNode& node() const { return *node_; }

 private:
  explicit Expression(std::shared_ptr<const ExpressionNode> node) : node_(std::move(node)) {}
  static Expression Make(ExpressionNode node);
  std::shared_ptr<const ExpressionNode> node_;
};

}  // namespace ww::database
