#include "wimwright/cim/odata_filter.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "chain.h"
#include "odata_lexer.h"
#include "query_limits.h"
#include "wimwright/base/text.h"
#include "wimwright/cim/like.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

bool IsOperand(const Expr& e) {
  return e.kind == Expr::Kind::kLiteral || e.kind == Expr::Kind::kProperty ||
         e.kind == Expr::Kind::kFunction;
}

class Parser : private ChainParser<Parser> {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<ExprPtr> Parse() {
    WW_RETURN_IF_ERROR(Take());
    auto expr = Condition();
    if (!expr) return expr;
    if (now_.kind != ODataToken::Kind::kEnd) return Unexpected("the end");
    return expr;
  }

 private:
  friend class ChainParser<Parser>;

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

  Status Take() {
    auto next = lexer_.Next();
    if (!next) return Fail(next.error());
    now_ = *std::move(next);
    return {};
  }
  // OData's operators are lower case; clients are not always.
  bool IsWord(std::string_view word) const {
    return now_.kind == ODataToken::Kind::kIdentifier && SameName(now_.text, word);
  }
  bool Is(std::string_view punctuation) const {
    return now_.kind == ODataToken::Kind::kPunctuation && now_.text == punctuation;
  }
  static tl::unexpected<Error> ErrorAt(std::size_t position, std::string_view what) {
    return ODataError("$filter", position, what);
  }
  tl::unexpected<Error> Unexpected(std::string_view wanted) const {
    return ErrorAt(now_.position, fmt::format("expected {}", wanted));
  }
  tl::unexpected<Error> TooDeep() const {
    return ErrorAt(now_.position, "the filter is nested too deeply");
  }
  Status Expect(std::string_view punctuation) {
    if (!Is(punctuation)) return Unexpected(fmt::format("'{}'", punctuation));
    return Take();
  }
  Result<ExprPtr> Node(Expr::Kind kind, std::size_t position) {
    if (++nodes_ > kMaxNodes) return ErrorAt(position, "the filter is too large");
    auto node = std::make_unique<Expr>();
    node->kind = kind;
    node->position = position;
    return node;
  }
  Result<ExprPtr> Literal(Value value, std::size_t position) {
    auto node = Node(Expr::Kind::kLiteral, position);
    if (node) (*node)->value = std::move(value);
    return node;
  }

  Result<ExprPtr> Condition() {
    auto expr = Or();
    if (!expr) return expr;
    return AsCondition(*std::move(expr));
  }

  // A boolean property alone is a condition.
  Result<ExprPtr> AsCondition(ExprPtr expr) {
    if (!IsOperand(*expr)) return expr;
    if (expr->kind != Expr::Kind::kProperty) {
      return ErrorAt(expr->position, "expected a condition, not a value");
    }
    auto node = Node(Expr::Kind::kCompare, expr->position);
    if (!node) return node;
    auto truth = Literal(Value::Bool(true), expr->position);
    if (!truth) return truth;
    (*node)->children.push_back(std::move(expr));
    (*node)->children.push_back(*std::move(truth));
    return node;
  }

  Result<ExprPtr> Or() { return Chain("or", Expr::Kind::kOr, &Parser::And); }
  Result<ExprPtr> And() { return Chain("and", Expr::Kind::kAnd, &Parser::Not); }

  Status MayChain(Expr::Kind kind) const {
    if (lambda_.empty() || kind != Expr::Kind::kAnd) return {};
    return ErrorAt(now_.position, "`and` inside any() is not offered; use two any()");
  }
  std::size_t Position() const { return now_.position; }

  Result<ExprPtr> Not() {
    if (!IsWord("not")) return Predicate();
    const Level level(depth_);
    if (level.too_deep()) return TooDeep();
    if (!lambda_.empty()) return ErrorAt(now_.position, "`not` inside any() is not offered");
    const std::size_t position = now_.position;
    WW_RETURN_IF_ERROR(Take());
    auto inner = Not();
    if (!inner) return inner;
    auto condition = AsCondition(*std::move(inner));
    if (!condition) return condition;
    return Negation(*std::move(condition), position);
  }

  Result<ExprPtr> Negation(ExprPtr expr, std::size_t position) {
    auto node = Node(Expr::Kind::kNot, position);
    if (!node) return node;
    (*node)->children.push_back(std::move(expr));
    return node;
  }

  Result<ExprPtr> Predicate() {
    const Level level(depth_);
    if (level.too_deep()) return TooDeep();
    ExprPtr left;
    if (Is("(")) {
      WW_RETURN_IF_ERROR(Take());
      auto inner = Or();
      if (!inner) return inner;
      WW_RETURN_IF_ERROR(Expect(")"));
      left = *std::move(inner);
    } else {
      auto operand = Operand();
      if (!operand) return operand;
      left = *std::move(operand);
    }
    return Tail(std::move(left));
  }

  static std::optional<CompareOp> OpOf(std::string_view text) {
    constexpr std::pair<std::string_view, CompareOp> kOps[] = {
        {"eq", CompareOp::kEqual},   {"ne", CompareOp::kNotEqual},
        {"lt", CompareOp::kLess},    {"le", CompareOp::kLessOrEqual},
        {"gt", CompareOp::kGreater}, {"ge", CompareOp::kGreaterOrEqual}};
    for (const auto& [word, op] : kOps) {
      if (SameName(word, text)) return op;
    }
    return std::nullopt;
  }

  Result<ExprPtr> Tail(ExprPtr left) {
    if (now_.kind != ODataToken::Kind::kIdentifier) return left;
    if (IsWord("in") && IsOperand(*left)) return In(std::move(left));
    const auto op = OpOf(now_.text);
    if (!op) return left;
    const std::size_t position = now_.position;
    WW_RETURN_IF_ERROR(Take());
    auto right = Operand();
    if (!right) return right;
    if (!IsOperand(*left)) return Truth(std::move(left), *op, **right, position);
    if (!IsOperand(**right)) return ErrorAt((*right)->position, "expected a value");
    const bool equality = *op == CompareOp::kEqual || *op == CompareOp::kNotEqual;
    const auto is_null = [](const Expr& e) {
      return e.kind == Expr::Kind::kLiteral && e.value.is_null();
    };
    if (equality && (is_null(*left) != is_null(**right))) {
      auto node = Node(Expr::Kind::kIsNull, position);
      if (!node) return node;
      (*node)->negated = *op == CompareOp::kNotEqual;
      (*node)->children.push_back(is_null(*left) ? *std::move(right) : std::move(left));
      return node;
    }
    auto node = Node(Expr::Kind::kCompare, position);
    if (!node) return node;
    (*node)->op = *op;
    (*node)->children.push_back(std::move(left));
    (*node)->children.push_back(*std::move(right));
    return node;
  }

  // contains(...) eq true
  Result<ExprPtr> Truth(ExprPtr left, CompareOp op, const Expr& right, std::size_t position) {
    const auto* truth = right.kind == Expr::Kind::kLiteral ? right.value.AsBool() : nullptr;
    if (truth == nullptr || (op != CompareOp::kEqual && op != CompareOp::kNotEqual)) {
      return ErrorAt(position, "a condition can only be compared with true or false, by eq or ne");
    }
    if (*truth == (op == CompareOp::kEqual)) return left;
    if (!lambda_.empty()) return ErrorAt(position, "negation inside any() is not offered");
    return Negation(std::move(left), position);
  }

  Result<ExprPtr> In(ExprPtr left) {
    auto node = Node(Expr::Kind::kIn, now_.position);
    if (!node) return node;
    WW_RETURN_IF_ERROR(Take());
    WW_RETURN_IF_ERROR(Expect("("));
    (*node)->children.push_back(std::move(left));
    while (true) {
      if ((*node)->children.size() > kMaxListElements) {
        return ErrorAt(now_.position, "more than 10000 elements after in");
      }
      if (now_.kind != ODataToken::Kind::kLiteral) return Unexpected("a text or number");
      auto element = Literal(std::move(now_.value), now_.position);
      if (!element) return element;
      (*node)->children.push_back(*std::move(element));
      WW_RETURN_IF_ERROR(Take());
      if (!Is(",")) break;
      WW_RETURN_IF_ERROR(Take());
    }
    WW_RETURN_IF_ERROR(Expect(")"));
    return node;
  }

  Result<ExprPtr> Operand() {
    const Level level(depth_);
    if (level.too_deep()) return TooDeep();
    const std::size_t position = now_.position;
    if (now_.kind == ODataToken::Kind::kLiteral) {
      auto node = Literal(std::move(now_.value), position);
      WW_RETURN_IF_ERROR(Take());
      return node;
    }
    if (now_.kind != ODataToken::Kind::kIdentifier) return Unexpected("a property or value");
    if (IsWord("null") || IsWord("true") || IsWord("false")) {
      auto node = Literal(IsWord("null") ? Value() : Value::Bool(IsWord("true")), position);
      WW_RETURN_IF_ERROR(Take());
      return node;
    }
    std::string name = std::move(now_.text);
    WW_RETURN_IF_ERROR(Take());
    if (Is("(")) return Call(name, position);
    if (Is("/")) return Any(std::move(name), position);
    if (!lambda_.empty()) {
      if (name != lambda_) return ErrorAt(position, "any() may only ask about its own variable");
      name = array_;
    }
    auto node = Node(Expr::Kind::kProperty, position);
    if (!node) return node;
    (*node)->name = {{}, std::move(name), position};
    return node;
  }

  Result<ExprPtr> Call(const std::string& name, std::size_t position) {
    WW_RETURN_IF_ERROR(Take());
    const bool lower = SameName(name, "tolower");
    if (lower || SameName(name, "toupper")) {
      auto node = Node(Expr::Kind::kFunction, position);
      if (!node) return node;
      auto argument = Operand();
      if (!argument) return argument;
      if (!IsOperand(**argument)) return ErrorAt(position, "expected a value");
      (*node)->function = lower ? Function::kLower : Function::kUpper;
      (*node)->children.push_back(*std::move(argument));
      WW_RETURN_IF_ERROR(Expect(")"));
      return node;
    }
    const bool contains = SameName(name, "contains");
    const bool starts = SameName(name, "startswith");
    if (!contains && !starts && !SameName(name, "endswith")) {
      return ErrorAt(position, fmt::format("there is no function {}", name));
    }
    auto node = Node(Expr::Kind::kLike, position);
    if (!node) return node;
    auto text = Operand();
    if (!text) return text;
    if (!IsOperand(**text)) return ErrorAt(position, "expected a value");
    WW_RETURN_IF_ERROR(Expect(","));
    const auto* part = now_.kind == ODataToken::Kind::kLiteral ? now_.value.AsString() : nullptr;
    if (part == nullptr) return Unexpected("a text");
    std::string pattern = EscapeLike(*part);
    if (contains || starts) pattern += "%";
    if (!starts) pattern.insert(pattern.begin(), '%');
    auto literal = Literal(Value::String(std::move(pattern)), now_.position);
    if (!literal) return literal;
    WW_RETURN_IF_ERROR(Take());
    WW_RETURN_IF_ERROR(Expect(")"));
    (*node)->children.push_back(*std::move(text));
    (*node)->children.push_back(*std::move(literal));
    return node;
  }

  // Prop/any(x: x eq 'y'). Conditions on arrays already mean "any element".
  Result<ExprPtr> Any(std::string name, std::size_t position) {
    WW_RETURN_IF_ERROR(Take());
    if (!lambda_.empty()) return ErrorAt(position, "any() inside any() is not offered");
    if (!IsWord("any")) return Unexpected("any");
    WW_RETURN_IF_ERROR(Take());
    WW_RETURN_IF_ERROR(Expect("("));
    if (Is(")")) {
      WW_RETURN_IF_ERROR(Take());
      auto node = Node(Expr::Kind::kIsNull, position);
      if (!node) return node;
      auto property = Node(Expr::Kind::kProperty, position);
      if (!property) return property;
      (*property)->name = {{}, std::move(name), position};
      (*node)->negated = true;
      (*node)->children.push_back(*std::move(property));
      return node;
    }
    if (now_.kind != ODataToken::Kind::kIdentifier) return Unexpected("a variable");
    lambda_ = std::move(now_.text);
    array_ = std::move(name);
    WW_RETURN_IF_ERROR(Take());
    WW_RETURN_IF_ERROR(Expect(":"));
    auto condition = Condition();
    lambda_.clear();
    if (!condition) return condition;
    WW_RETURN_IF_ERROR(Expect(")"));
    return condition;
  }

  ODataLexer lexer_;
  ODataToken now_;
  std::string lambda_;  // the variable of the any() we are in
  std::string array_;   // the property it runs over
  std::size_t nodes_ = 0;
  int depth_ = 0;
};

Result<std::uint64_t> ParseCount(std::string_view option, std::string_view text) {
  text = Trim(text);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
    return ODataError(option, 0, "expected a whole number");
  }
  return value;
}

// Calls `take` with each trimmed part between commas.
template <typename Take>
Status ForEachPart(std::string_view option, std::string_view text, std::size_t most, Take take) {
  std::size_t count = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    if (++count > most) return ODataError(option, at, "too many names");
    WW_RETURN_IF_ERROR(take(Trim(text.substr(at, comma - at)), at));
    at = comma + 1;
  }
  return {};
}

Status AddOrder(Query& query, std::string_view part, std::size_t position) {
  OrderTerm term;
  const auto blank = part.find_first_of(" \t");
  const auto name = part.substr(0, blank);
  if (!IsIdentifier(name)) return ODataError("$orderby", position, "expected a property");
  term.name = {{}, std::string(name), position};
  if (blank != std::string_view::npos) {
    const auto direction = Trim(part.substr(blank));
    term.descending = SameName(direction, "desc");
    if (!term.descending && !SameName(direction, "asc")) {
      return ODataError("$orderby", position, "expected asc or desc");
    }
  }
  query.order_by.push_back(std::move(term));
  return {};
}

}  // namespace

Result<ExprPtr> ParseODataFilter(std::string_view text) {
  if (text.size() > kMaxQueryText) {
    return ODataError("$filter", 0, "longer than 256 KiB");
  }
  return Parser(text).Parse();
}

Result<Query> ParseODataQuery(std::string_view class_name, const ODataOptions& options) {
  Query query = SelectAll(class_name);
  for (const auto* option : {&options.select, &options.orderby}) {
    if (*option && (*option)->size() > kMaxQueryText) {
      return ODataError(option == &options.select ? "$select" : "$orderby", 0, "too long");
    }
  }
  if (options.filter) {
    auto where = ParseODataFilter(*options.filter);
    if (!where) return Fail(where.error());
    query.where = *std::move(where);
  }
  if (options.select) {
    query.select.clear();
    WW_RETURN_IF_ERROR(ForEachPart("$select", *options.select, kMaxColumns,
                                   [&](std::string_view part, std::size_t position) -> Status {
                                     if (part != "*" && !IsIdentifier(part)) {
                                       return ODataError("$select", position,
                                                         "expected the name of a property");
                                     }
                                     query.select.push_back({{}, std::string(part), position});
                                     return {};
                                   }));
  }
  if (options.orderby) {
    WW_RETURN_IF_ERROR(ForEachPart("$orderby", *options.orderby, kMaxOrderTerms,
                                   [&](std::string_view part, std::size_t position) {
                                     return AddOrder(query, part, position);
                                   }));
  }
  if (options.top) {
    WW_TRY(query.top, ParseCount("$top", *options.top), "query options");
  }
  if (options.skip) {
    WW_TRY(query.skip, ParseCount("$skip", *options.skip), "query options");
  }
  return query;
}

}  // namespace ww::cim
