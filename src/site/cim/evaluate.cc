#include "wimwright/cim/evaluate.h"

#include <algorithm>

#include "binder.h"
#include "wimwright/cim/names.h"

namespace ww::cim {
namespace {

using Row = std::span<const Instance* const>;

const Value& Null() {
  static const Value kNull;
  return kNull;
}

// The value of a column, literal or function; `scratch` holds what had to be computed.
const Value& Operand(const BoundExpr& e, Row row, Value& scratch) {
  if (e.kind == BoundExpr::Kind::kLiteral) return e.value;
  if (e.kind == BoundExpr::Kind::kColumn) {
    const auto* instance = e.column.source < row.size() ? row[e.column.source] : nullptr;
    if (instance == nullptr) return Null();
    if (e.column.property == Column::kClassName) {
      scratch = Value::String(instance->cls().name());
      return scratch;
    }
    return e.column.property < instance->size() ? instance->at(e.column.property) : Null();
  }
  std::vector<Value> held(e.children.size());
  std::vector<const Value*> arguments;
  for (std::size_t i = 0; i < e.children.size(); ++i) {
    arguments.push_back(&Operand(*e.children[i], row, held[i]));
  }
  auto value = Apply(e, arguments);
  scratch = value ? *std::move(value) : Value();
  return scratch;
}

Truth FromBool(bool value) { return value ? Truth::kTrue : Truth::kFalse; }

Truth Not(Truth t) {
  return t == Truth::kUnknown ? t : t == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
}

// One element against the condition; never null.
template <typename Test>
Truth AnyElement(const BoundExpr& e, const Value& value, Test test) {
  if (!e.array) return value.is_null() ? Truth::kUnknown : FromBool(test(value));
  const auto* elements = value.AsArray();
  if (elements == nullptr) return Truth::kFalse;
  return FromBool(std::ranges::any_of(
      *elements, [&](const Value& element) { return !element.is_null() && test(element); }));
}

bool Among(const std::vector<Value>& sorted, const Value& value) {
  const auto at = std::ranges::partition_point(sorted, [&](const Value& v) {
    const auto order = Compare(v, value);
    return order && *order < 0;
  });
  if (at == sorted.end()) return false;
  const auto order = Compare(*at, value);
  return order && *order == 0;
}

Truth Leaf(const BoundExpr& e, Row row) {
  Value scratch, other_scratch;
  switch (e.kind) {
    case BoundExpr::Kind::kCompare: {
      const auto& left = Operand(*e.children[0], row, scratch);
      const auto& right = Operand(*e.children[1], row, other_scratch);
      if (right.is_null()) return e.array ? Truth::kFalse : Truth::kUnknown;
      return AnyElement(e, left, [&](const Value& v) {
        const auto order = Compare(v, right);
        return order && Holds(e.op, *order);
      });
    }
    case BoundExpr::Kind::kLike: {
      const auto& left = Operand(*e.children[0], row, scratch);
      const auto found = AnyElement(e, left, [&](const Value& v) {
        const auto* text = v.AsString();
        return text != nullptr ? e.pattern->Matches(*text) : e.pattern->Matches(ToText(v));
      });
      return e.negated ? Not(found) : found;
    }
    case BoundExpr::Kind::kIn: {
      if (e.subquery != nullptr) return Truth::kUnknown;
      const auto& left = Operand(*e.children[0], row, scratch);
      const auto found = AnyElement(e, left, [&](const Value& v) { return Among(e.values, v); });
      return e.negated ? Not(found) : found;
    }
    case BoundExpr::Kind::kIsNull: {
      const auto& left = Operand(*e.children[0], row, scratch);
      const auto* elements = left.AsArray();
      const bool null = left.is_null() || (elements != nullptr && elements->empty());
      return FromBool(null != e.negated);
    }
    case BoundExpr::Kind::kIsa: {
      const auto* instance = e.column.source < row.size() ? row[e.column.source] : nullptr;
      if (instance == nullptr) return Truth::kUnknown;
      const bool found = std::ranges::any_of(e.classes, [&](const ClassPtr& cls) {
        return SameName(cls->name(), instance->cls().name());
      });
      return FromBool(found != e.negated);
    }
    default:
      return Truth::kUnknown;
  }
}

void ResolveIn(BoundExpr& e, const RunSubquery& run, Status& status) {
  if (!status) return;
  for (auto& child : e.children) ResolveIn(*child, run, status);
  if (!status || e.subquery == nullptr) return;
  status = ResolveSubqueries(*e.subquery, run);
  if (!status) return;
  auto values = run(*e.subquery);
  if (!values) {
    status = Fail(values.error());
    return;
  }
  e.values = *std::move(values);
  std::erase_if(e.values, [](const Value& v) { return v.is_null(); });
  std::ranges::sort(e.values, [](const Value& a, const Value& b) {
    const auto order = Compare(a, b);
    return order && *order < 0;
  });
  e.subquery.reset();
}

}  // namespace

Truth Evaluate(const BoundExpr& e, Row row) {
  switch (e.kind) {
    case BoundExpr::Kind::kConstant:
      return FromBool(e.constant);
    case BoundExpr::Kind::kNot:
      return Not(Evaluate(*e.children[0], row));
    case BoundExpr::Kind::kAnd:
    case BoundExpr::Kind::kOr: {
      const bool is_and = e.kind == BoundExpr::Kind::kAnd;
      Truth out = FromBool(is_and);
      for (const auto& child : e.children) {
        const Truth t = Evaluate(*child, row);
        if (t == FromBool(!is_and)) return t;
        if (t == Truth::kUnknown) out = t;
      }
      return out;
    }
    default:
      return Leaf(e, row);
  }
}

Truth Evaluate(const BoundExpr& condition, const Instance& instance) {
  const Instance* const row[] = {&instance};
  return Evaluate(condition, Row(row));
}

Status ResolveSubqueries(BoundQuery& query, const RunSubquery& run) {
  Status status;
  for (auto& source : query.sources) {
    if (source.on != nullptr) ResolveIn(*source.on, run, status);
  }
  if (query.where != nullptr) ResolveIn(*query.where, run, status);
  return status;
}

bool OrderLess(const std::vector<BoundOrder>& order, Row a, Row b) {
  const auto value = [](Row row, const Column& c) -> const Value& {
    const auto* instance = c.source < row.size() ? row[c.source] : nullptr;
    return instance == nullptr || c.property >= instance->size() ? Null()
                                                                 : instance->at(c.property);
  };
  for (const auto& term : order) {
    const auto result = Compare(value(a, term.column), value(b, term.column));
    if (!result || *result == 0) continue;
    return (*result < 0) != term.descending;
  }
  return false;
}

Instance Project(const BoundQuery& query, const Instance& instance) {
  if (query.all_columns) return instance;
  Instance out(instance.class_ptr());
  for (const auto& column : query.columns) {
    if (query.result_source && column.source != *query.result_source) continue;
    if (column.property < instance.size() && instance.is_set(column.property)) {
      out.SetRaw(column.property, instance.at(column.property));
    }
  }
  return out;
}

}  // namespace ww::cim
