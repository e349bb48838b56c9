#include "wimwright/cim/wql.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "chain.h"
#include "query_limits.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"
#include "wql_lexer.h"

namespace ww::cim {
namespace {

// Words that cannot be a class, a property without qualifier, or an alias.
constexpr std::array<std::string_view, 27> kReserved = {
    "SELECT", "FROM", "WHERE", "AND",   "OR",   "NOT",   "IN",       "LIKE",  "IS",
    "ISA",    "NULL", "TRUE",  "FALSE", "JOIN", "INNER", "LEFT",     "OUTER", "RIGHT",
    "ON",     "AS",   "ORDER", "BY",    "ASC",  "DESC",  "DISTINCT", "GROUP", "HAVING"};

struct FunctionRow {
  std::string_view name;
  Function function;
  std::size_t arguments;  // beside the date part
  bool part;
};
constexpr std::array kFunctions = {
    FunctionRow{"UPPER", Function::kUpper, 1, false},
    FunctionRow{"LOWER", Function::kLower, 1, false},
    FunctionRow{"SUBSTRING", Function::kSubstring, 3, false},
    FunctionRow{"DATEPART", Function::kDatePart, 1, true},
    FunctionRow{"GETDATE", Function::kGetDate, 0, false},
    FunctionRow{"DATEDIFF", Function::kDateDiff, 2, true},
    FunctionRow{"DATEADD", Function::kDateAdd, 2, true},
};

bool IsReserved(std::string_view word) {
  return std::ranges::any_of(kReserved, [&](auto r) { return SameName(r, word); });
}

bool IsOperand(const Expr& e) {
  return e.kind == Expr::Kind::kLiteral || e.kind == Expr::Kind::kProperty ||
         e.kind == Expr::Kind::kFunction;
}

class Parser : private ChainParser<Parser> {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<Query> Parse() {
    WW_RETURN_IF_ERROR(Take());
    if (IsWord("ASSOCIATORS") || IsWord("REFERENCES")) {
      return Fail(WbemError(WbemStatus::kInvalidQueryType,
                            "queries for associators and references are not offered"));
    }
    auto query = Select();
    if (!query) return query;
    if (now_.kind != WqlToken::Kind::kEnd) return Unexpected("the end of the query");
    return query;
  }

 private:
  friend class ChainParser<Parser>;

  Status Take() {
    auto next = lexer_.Next();
    if (!next) return Fail(next.error());
    now_ = *std::move(next);
    return {};
  }
  bool IsWord(std::string_view word) const {
    return now_.kind == WqlToken::Kind::kIdentifier && SameName(now_.text, word);
  }
  bool Is(std::string_view punctuation) const {
    return now_.kind == WqlToken::Kind::kPunctuation && now_.text == punctuation;
  }
  tl::unexpected<Error> Unexpected(std::string_view wanted) const {
    return WqlError(now_.position, fmt::format("expected {}", wanted));
  }
  Status Expect(std::string_view punctuation) {
    if (!Is(punctuation)) return Unexpected(fmt::format("'{}'", punctuation));
    return Take();
  }
  Status ExpectWord(std::string_view word) {
    if (!IsWord(word)) return Unexpected(word);
    return Take();
  }
  // Consumes the word if it is there.
  Result<bool> Accept(std::string_view word) {
    if (!IsWord(word)) return false;
    WW_RETURN_IF_ERROR(Take());
    return true;
  }
  Result<std::string> PlainName(std::string_view what) {
    if (now_.kind != WqlToken::Kind::kIdentifier || IsReserved(now_.text)) return Unexpected(what);
    std::string out = std::move(now_.text);
    WW_RETURN_IF_ERROR(Take());
    return out;
  }
  Result<ExprPtr> Node(Expr::Kind kind, std::size_t position) {
    if (++nodes_ > kMaxNodes) return WqlError(position, "the query is too large");
    auto node = std::make_unique<Expr>();
    node->kind = kind;
    node->position = position;
    return node;
  }

  // Counts how deep the recursion is; lives as long as one level.
  class Level {
   public:
    explicit Level(int& depth) : depth_(depth) { ++depth_; }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    bool too_deep() const { return depth_ > Expr::kMaxDepth; }

   private:
    int& depth_;
  };

  // [qualifier.]property; with `star` also * and qualifier.*
  Result<Name> ReadName(bool star) {
    Name out;
    out.position = now_.position;
    if (star && Is("*")) {
      WW_RETURN_IF_ERROR(Take());
      out.property = "*";
      return out;
    }
    auto first = PlainName("the name of a property");
    if (!first) return Fail(first.error());
    out.property = *std::move(first);
    if (!Is(".")) return out;
    WW_RETURN_IF_ERROR(Take());
    out.qualifier = std::move(out.property);
    if (star && Is("*")) {
      out.property = "*";
    } else if (now_.kind == WqlToken::Kind::kIdentifier) {
      out.property = std::move(now_.text);
    } else {
      return Unexpected("the name of a property");
    }
    WW_RETURN_IF_ERROR(Take());
    return out;
  }

  Result<Source> ReadSource() {
    Source out;
    out.position = now_.position;
    auto name = PlainName("the name of a class");
    if (!name) return Fail(name.error());
    out.class_name = *std::move(name);
    out.alias = out.class_name;
    WW_TRY(const bool as, Accept("AS"), "alias");
    if (as || (now_.kind == WqlToken::Kind::kIdentifier && !IsReserved(now_.text))) {
      auto alias = PlainName("an alias");
      if (!alias) return Fail(alias.error());
      out.alias = *std::move(alias);
    }
    return out;
  }

  Status SelectList(Query& query) {
    while (true) {
      if (query.select.size() >= kMaxColumns) return WqlError(now_.position, "too many columns");
      auto name = ReadName(true);
      if (!name) return Fail(name.error());
      query.select.push_back(*std::move(name));
      if (!Is(",")) return {};
      WW_RETURN_IF_ERROR(Take());
    }
  }

  Status Columns(Query& query) {
    if (!IsWord("COUNT")) return SelectList(query);
    // COUNT may also be the name of a property.
    const WqlToken word = now_;
    WW_RETURN_IF_ERROR(Take());
    if (!Is("(")) {
      query.select.push_back({{}, word.text, word.position});
      if (Is(".")) return Unexpected("',' or FROM");
      if (!Is(",")) return {};
      WW_RETURN_IF_ERROR(Take());
      return SelectList(query);
    }
    if (query.distinct) {
      return WqlError(word.position, "COUNT and DISTINCT cannot be used together");
    }
    query.count = true;
    WW_RETURN_IF_ERROR(Take());
    auto name = ReadName(true);
    if (!name) return Fail(name.error());
    query.select.push_back(*std::move(name));
    return Expect(")");
  }

  Status Joins(Query& query) {
    while (true) {
      Join join;
      if (Is(",")) {
        WW_RETURN_IF_ERROR(Take());
      } else if (IsWord("JOIN") || IsWord("INNER") || IsWord("LEFT")) {
        if (IsWord("LEFT")) {
          join.kind = Join::Kind::kLeft;
          WW_RETURN_IF_ERROR(Take());
          if (IsWord("OUTER")) WW_RETURN_IF_ERROR(Take());
        } else if (IsWord("INNER")) {
          WW_RETURN_IF_ERROR(Take());
        }
        WW_RETURN_IF_ERROR(ExpectWord("JOIN"));
      } else {
        return {};
      }
      if (query.joins.size() >= kMaxJoins) return WqlError(now_.position, "too many joins");
      auto source = ReadSource();
      if (!source) return Fail(source.error());
      join.source = *std::move(source);
      if (IsWord("ON")) {
        WW_RETURN_IF_ERROR(Take());
        auto on = Condition();
        if (!on) return Fail(on.error());
        join.on = *std::move(on);
      } else if (join.kind == Join::Kind::kLeft) {
        return Unexpected("ON");
      }
      query.joins.push_back(std::move(join));
    }
  }

  Result<Query> Select() {
    const Level level(depth_);
    if (level.too_deep()) return WqlError(now_.position, "the query is nested too deeply");
    Query query;
    WW_RETURN_IF_ERROR(ExpectWord("SELECT"));
    WW_TRY(query.distinct, Accept("DISTINCT"), "select");
    WW_RETURN_IF_ERROR(Columns(query));
    WW_RETURN_IF_ERROR(ExpectWord("FROM"));
    auto from = ReadSource();
    if (!from) return Fail(from.error());
    query.from = *std::move(from);
    WW_RETURN_IF_ERROR(Joins(query));
    if (IsWord("WHERE")) {
      WW_RETURN_IF_ERROR(Take());
      auto where = Condition();
      if (!where) return Fail(where.error());
      query.where = *std::move(where);
    }
    if (IsWord("GROUP") || IsWord("HAVING")) {
      return WqlError(now_.position, "GROUP BY and HAVING are not part of this WQL");
    }
    if (IsWord("ORDER")) WW_RETURN_IF_ERROR(OrderBy(query));
    return query;
  }

  Status OrderBy(Query& query) {
    WW_RETURN_IF_ERROR(Take());
    WW_RETURN_IF_ERROR(ExpectWord("BY"));
    while (true) {
      if (query.order_by.size() >= kMaxOrderTerms) {
        return WqlError(now_.position, "too many terms in ORDER BY");
      }
      OrderTerm term;
      auto name = ReadName(false);
      if (!name) return Fail(name.error());
      term.name = *std::move(name);
      if (IsWord("DESC")) {
        term.descending = true;
        WW_RETURN_IF_ERROR(Take());
      } else if (IsWord("ASC")) {
        WW_RETURN_IF_ERROR(Take());
      }
      query.order_by.push_back(std::move(term));
      if (!Is(",")) return {};
      WW_RETURN_IF_ERROR(Take());
    }
  }

  Result<ExprPtr> Condition() {
    auto expr = Or();
    if (!expr) return expr;
    return AsCondition(*std::move(expr));
  }
  static Result<ExprPtr> AsCondition(ExprPtr expr) {
    if (IsOperand(*expr)) return WqlError(expr->position, "expected a condition, not a value");
    return expr;
  }

  Result<ExprPtr> Or() { return Chain("OR", Expr::Kind::kOr, &Parser::And); }
  Result<ExprPtr> And() { return Chain("AND", Expr::Kind::kAnd, &Parser::Not); }

  Status MayChain(Expr::Kind) const { return {}; }
  std::size_t Position() const { return now_.position; }

  Result<ExprPtr> Not() {
    if (!IsWord("NOT")) return Predicate();
    const Level level(depth_);
    if (level.too_deep()) return WqlError(now_.position, "the query is nested too deeply");
    auto node = Node(Expr::Kind::kNot, now_.position);
    if (!node) return node;
    WW_RETURN_IF_ERROR(Take());
    auto inner = Not();
    if (!inner) return inner;
    auto condition = AsCondition(*std::move(inner));
    if (!condition) return condition;
    (*node)->children.push_back(*std::move(condition));
    return node;
  }

  // A parenthesis holds a condition or an operand; only the token behind it tells.
  Result<ExprPtr> Predicate() {
    const Level level(depth_);
    if (level.too_deep()) return WqlError(now_.position, "the query is nested too deeply");
    ExprPtr left;
    if (Is("(")) {
      WW_RETURN_IF_ERROR(Take());
      auto inner = Or();
      if (!inner) return inner;
      WW_RETURN_IF_ERROR(Expect(")"));
      left = *std::move(inner);
      if (!IsOperand(*left)) return left;
    } else {
      auto operand = Operand();
      if (!operand) return operand;
      left = *std::move(operand);
    }
    return Tail(std::move(left));
  }

  static std::optional<CompareOp> OpOf(std::string_view text) {
    if (text == "=") return CompareOp::kEqual;
    if (text == "<>") return CompareOp::kNotEqual;
    if (text == "<") return CompareOp::kLess;
    if (text == "<=") return CompareOp::kLessOrEqual;
    if (text == ">") return CompareOp::kGreater;
    if (text == ">=") return CompareOp::kGreaterOrEqual;
    return std::nullopt;
  }

  Result<ExprPtr> Tail(ExprPtr left) {
    const std::size_t position = now_.position;
    if (now_.kind == WqlToken::Kind::kPunctuation) {
      const auto op = OpOf(now_.text);
      if (!op) return left;
      auto node = Node(Expr::Kind::kCompare, position);
      if (!node) return node;
      WW_RETURN_IF_ERROR(Take());
      (*node)->op = *op;
      return WithRight(*std::move(node), std::move(left));
    }
    const bool negated = IsWord("NOT");
    if (negated) WW_RETURN_IF_ERROR(Take());
    if (IsWord("LIKE")) {
      auto node = Node(Expr::Kind::kLike, position);
      if (!node) return node;
      WW_RETURN_IF_ERROR(Take());
      (*node)->negated = negated;
      return WithRight(*std::move(node), std::move(left));
    }
    if (IsWord("IN")) return In(std::move(left), negated);
    if (negated) return Unexpected("LIKE or IN");
    if (IsWord("IS")) {
      auto node = Node(Expr::Kind::kIsNull, position);
      if (!node) return node;
      WW_RETURN_IF_ERROR(Take());
      WW_TRY((*node)->negated, Accept("NOT"), "IS");
      WW_RETURN_IF_ERROR(ExpectWord("NULL"));
      (*node)->children.push_back(std::move(left));
      return node;
    }
    if (IsWord("ISA")) return Isa(std::move(left));
    return left;
  }

  Result<ExprPtr> WithRight(ExprPtr node, ExprPtr left) {
    auto right = Operand();
    if (!right) return right;
    node->children.push_back(std::move(left));
    node->children.push_back(*std::move(right));
    return node;
  }

  Result<ExprPtr> Isa(ExprPtr left) {
    if (left->kind != Expr::Kind::kProperty) return Unexpected("__THIS before ISA");
    auto node = Node(Expr::Kind::kIsa, now_.position);
    if (!node) return node;
    WW_RETURN_IF_ERROR(Take());
    (*node)->name = std::move(left->name);
    if (now_.kind == WqlToken::Kind::kIdentifier) {
      (*node)->value = Value::String(std::move(now_.text));
    } else if (now_.kind == WqlToken::Kind::kLiteral && now_.value.AsString() != nullptr) {
      (*node)->value = std::move(now_.value);
    } else {
      return Unexpected("the name of a class");
    }
    WW_RETURN_IF_ERROR(Take());
    return node;
  }

  Result<ExprPtr> In(ExprPtr left, bool negated) {
    auto node = Node(Expr::Kind::kIn, now_.position);
    if (!node) return node;
    auto& in = **node;
    WW_RETURN_IF_ERROR(Take());
    WW_RETURN_IF_ERROR(Expect("("));
    in.negated = negated;
    in.children.push_back(std::move(left));
    if (IsWord("SELECT")) {
      auto query = Select();
      if (!query) return Fail(query.error());
      in.subquery = std::make_unique<Query>(*std::move(query));
    } else {
      while (true) {
        if (in.children.size() > kMaxListElements) {
          return WqlError(now_.position, "more than 10000 elements after IN");
        }
        auto element = Operand();
        if (!element) return element;
        if ((*element)->kind != Expr::Kind::kLiteral) {
          return WqlError((*element)->position, "expected a text or number after IN");
        }
        in.children.push_back(*std::move(element));
        if (!Is(",")) break;
        WW_RETURN_IF_ERROR(Take());
      }
    }
    WW_RETURN_IF_ERROR(Expect(")"));
    return node;
  }

  Result<ExprPtr> Operand() {
    const Level level(depth_);
    if (level.too_deep()) return WqlError(now_.position, "the query is nested too deeply");
    const std::size_t position = now_.position;
    if (now_.kind == WqlToken::Kind::kLiteral || IsWord("NULL") || IsWord("TRUE") ||
        IsWord("FALSE")) {
      auto node = Node(Expr::Kind::kLiteral, position);
      if (!node) return node;
      (*node)->value = now_.kind == WqlToken::Kind::kLiteral ? std::move(now_.value)
                       : IsWord("NULL")                      ? Value()
                                                             : Value::Bool(IsWord("TRUE"));
      WW_RETURN_IF_ERROR(Take());
      return node;
    }
    auto name = ReadName(false);
    if (!name) return Fail(name.error());
    if (name->qualifier.empty() && Is("(")) return Call(*name);
    auto node = Node(Expr::Kind::kProperty, position);
    if (!node) return node;
    (*node)->name = *std::move(name);
    return node;
  }

  Result<ExprPtr> Call(const Name& name) {
    const auto row = std::ranges::find_if(
        kFunctions, [&](const auto& r) { return SameName(r.name, name.property); });
    if (row == kFunctions.end()) {
      return WqlError(name.position, fmt::format("there is no function {}", name.property));
    }
    auto node = Node(Expr::Kind::kFunction, name.position);
    if (!node) return node;
    (*node)->function = row->function;
    WW_RETURN_IF_ERROR(Take());
    if (row->part) {
      const std::string word =
          now_.value.AsString() != nullptr ? *now_.value.AsString() : now_.text;
      const auto part = ParseDatePart(word);
      if (!part) return Unexpected("year, month, day or another part of a date");
      (*node)->date_part = *part;
      WW_RETURN_IF_ERROR(Take());
      WW_RETURN_IF_ERROR(Expect(","));
    }
    for (std::size_t i = 0; i < row->arguments; ++i) {
      if (i != 0) WW_RETURN_IF_ERROR(Expect(","));
      auto argument = Operand();
      if (!argument) return argument;
      (*node)->children.push_back(*std::move(argument));
    }
    WW_RETURN_IF_ERROR(Expect(")"));
    return node;
  }

  WqlLexer lexer_;
  WqlToken now_;
  std::size_t nodes_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<Query> ParseWql(std::string_view text) {
  if (text.size() > kMaxQueryText) {
    return Fail(WbemError(WbemStatus::kInvalidQuery, "the query is longer than 256 KiB"));
  }
  return Parser(text).Parse();
}

}  // namespace ww::cim
