// Expressions and statements to SQL. Names are looked up, literals become parameters: nothing that
// a caller gave is ever part of the text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql.h"
#include "tables.h"
#include "wimwright/database/database.h"

namespace ww::database {

// The tables around an expression. Text refers to them by aliases of our own: t0, t1, ...
struct Scope {
  struct Source {
    std::string alias;  // the caller's word
    std::shared_ptr<const TableDefinition> table;
    std::string sql;
  };
  std::vector<Source> sources;  // the first is the main table
  const Scope* outer = nullptr;
};

class Translator {
 public:
  Translator(Backend backend, const Tables& tables) : dialect_{backend}, tables_(tables) {}

  Result<Query> TranslateSelect(const Select& select);
  Result<Query> TranslateCount(const Select& select);
  // One statement for `rows` rows. With `upsert` rows whose key exists are replaced.
  Result<Sql> TranslateInsert(std::string_view table, const std::vector<std::string>& columns,
                              std::span<const Row> rows, bool upsert);
  Result<Sql> TranslateUpdate(std::string_view table, const std::vector<Assignment>& assignments,
                              const std::optional<Expression>& where);
  Result<Sql> TranslateDelete(std::string_view table, const std::optional<Expression>& where);
  Result<Query> TranslateClaim(const Database::Claim& claim);

 private:
  // A translated value. A literal has no text yet: it takes the type of what it meets.
  struct Term {
    Sql sql;
    WireType type = WireType::kText;
    bool case_insensitive = false;
    bool is_literal = false;
    Value literal = {};
  };
  struct Shape {  // the parts of a select
    Sql from_where;
    std::vector<Term> columns;
  };

  Result<Scope> MakeScope(const Select& select, const Scope* outer);
  Result<Scope::Source> MakeSource(std::string_view table, std::string_view alias);
  Result<Term> Column(const ColumnRef& column, const Scope& scope) const;
  Result<Term> Value_(const Expression& expression, const Scope& scope);
  Result<Term> TextValue(const Expression& expression, const Scope& scope);
  Result<Sql> Condition(const Expression& expression, const Scope& scope);
  Result<Sql> Compare(Comparison how, Term left, Term right);
  Result<Sql> In(Term value, const std::vector<Value>& list);
  Result<Sql> InSelect(Term value, const Select& select, const Scope& scope);
  Result<Sql> Like(Term value, const LikePattern& pattern);
  Result<Sql> Combine(const Expression& expression, const Scope& scope);
  Result<Sql> Where(const std::optional<Expression>& where, const Scope& scope);
  Result<Sql> SetList(const std::vector<Assignment>& assignments, const Scope& scope);
  Result<Sql> OrderBy(const std::vector<Order>& orders, const Scope& scope,
                      const std::vector<Term>* only);
  Result<Shape> Translate(const Select& select, const Scope& scope);
  Result<Sql> Grouping(const Shape& shape) const;
  Sql Compared(Term term, bool case_insensitive) const;  // as an operand of a comparison
  Sql Plain(Term term) const;                            // literals are bound as they are
  Status Adopt(Term& literal, WireType type) const;      // the literal becomes of `type`

  // Adds to the nesting for as long as it lives.
  class Nested {
   public:
    Nested(Translator& translator, int entries) : translator_(translator), entries_(entries) {
      translator_.nesting_ += entries_;
    }
    Nested(const Nested&) = delete;
    ~Nested() { translator_.nesting_ -= entries_; }

   private:
    Translator& translator_;
    int entries_;
  };
  Status Enter();  // a node: kLimit when there are too many, or it lies too deep

  Dialect dialect_;
  const Tables& tables_;
  int aliases_ = 0;
  int nesting_ = 0;  // brackets and words that SQLite's parser would have on its stack here
  int visited_ = 0;  // nodes: a tree that shares its branches may be far larger than it looks
};

inline constexpr int kMaxNodes = 100'000;
// SQLite's parser has a stack of 100 entries; what surrounds an expression takes the rest.
inline constexpr int kMaxNesting = 80;

// The value as a cell of `column`: nullopt when it cannot be one.
std::optional<Value> AsCell(const Value& value, WireType type);

}  // namespace ww::database
