#include "wimwright/cim/query.h"

#include <array>

#include "wimwright/base/text.h"

namespace ww::cim {
namespace {

std::string NameText(const Name& name) {
  return name.qualifier.empty() ? name.property : name.qualifier + "." + name.property;
}

std::string LiteralText(const Value& value) {
  std::string text;
  if (const auto* string = value.AsString()) {
    text = *string;
  } else if (value.AsDate() != nullptr) {
    text = value.AsDate()->ToDmtf();
  } else {
    text = ToText(value);
    // A real keeps its point, or it would come back as an integer.
    if (value.AsReal() != nullptr && text.find_first_of(".en") == std::string::npos) text += ".0";
    return text;
  }
  std::string out = "'";
  for (const char c : text) {
    if (c == '\\' || c == '\'') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string_view FunctionName(Function function) {
  constexpr std::array<std::string_view, 7> kNames = {
      "UPPER", "LOWER", "SUBSTRING", "DATEPART", "GETDATE", "DATEDIFF", "DATEADD"};
  return kNames[static_cast<std::size_t>(function)];
}

bool TakesDatePart(Function f) {
  return f == Function::kDatePart || f == Function::kDateDiff || f == Function::kDateAdd;
}

void PrintList(std::string& out, const std::vector<ExprPtr>& items, std::size_t from);

// Depth is that of the tree, at most Expr::kMaxDepth.
void Print(std::string& out, const Expr& e) {
  const auto nested = [&out](const Expr& child) {
    const bool group = child.kind == Expr::Kind::kAnd || child.kind == Expr::Kind::kOr;
    if (group) out += "(";
    Print(out, child);
    if (group) out += ")";
  };
  switch (e.kind) {
    case Expr::Kind::kLiteral:
      out += LiteralText(e.value);
      return;
    case Expr::Kind::kProperty:
      out += NameText(e.name);
      return;
    case Expr::Kind::kFunction:
      out += FunctionName(e.function);
      out += "(";
      if (TakesDatePart(e.function)) {
        out += DatePartName(e.date_part);
        out += ", ";
      }
      PrintList(out, e.children, 0);
      out += ")";
      return;
    case Expr::Kind::kCompare:
      Print(out, *e.children[0]);
      out += " ";
      out += OpText(e.op);
      out += " ";
      Print(out, *e.children[1]);
      return;
    case Expr::Kind::kLike:
      Print(out, *e.children[0]);
      out += e.negated ? " NOT LIKE " : " LIKE ";
      Print(out, *e.children[1]);
      return;
    case Expr::Kind::kIn:
      Print(out, *e.children[0]);
      out += e.negated ? " NOT IN (" : " IN (";
      if (e.subquery != nullptr) {
        out += ToWql(*e.subquery);
      } else {
        PrintList(out, e.children, 1);
      }
      out += ")";
      return;
    case Expr::Kind::kIsNull:
      Print(out, *e.children[0]);
      out += e.negated ? " IS NOT NULL" : " IS NULL";
      return;
    case Expr::Kind::kIsa:
      out += NameText(e.name) + " ISA " + LiteralText(e.value);
      return;
    case Expr::Kind::kNot:
      out += "NOT ";
      nested(*e.children[0]);
      return;
    case Expr::Kind::kAnd:
    case Expr::Kind::kOr:
      for (std::size_t i = 0; i < e.children.size(); ++i) {
        if (i != 0) out += e.kind == Expr::Kind::kAnd ? " AND " : " OR ";
        nested(*e.children[i]);
      }
      return;
  }
}

void PrintList(std::string& out, const std::vector<ExprPtr>& items, std::size_t from) {
  for (std::size_t i = from; i < items.size(); ++i) {
    if (i != from) out += ", ";
    Print(out, *items[i]);
  }
}

void PrintSource(std::string& out, const Source& source) {
  out += source.class_name;
  if (source.alias != source.class_name) out += " AS " + source.alias;
}

}  // namespace

Expr::Expr() = default;
Expr::~Expr() = default;

CompareOp Mirrored(CompareOp op) {
  switch (op) {
    case CompareOp::kLess:
      return CompareOp::kGreater;
    case CompareOp::kLessOrEqual:
      return CompareOp::kGreaterOrEqual;
    case CompareOp::kGreater:
      return CompareOp::kLess;
    case CompareOp::kGreaterOrEqual:
      return CompareOp::kLessOrEqual;
    default:
      return op;
  }
}

std::string_view OpText(CompareOp op) {
  constexpr std::array<std::string_view, 6> kText = {"=", "<>", "<", "<=", ">", ">="};
  return kText[static_cast<std::size_t>(op)];
}

bool Query::selects_all() const {
  return joins.empty() && select.size() == 1 && select[0].property == "*";
}

Query SelectAll(std::string_view class_name) {
  Query out;
  out.select.push_back({{}, "*", 0});
  out.from = {std::string(class_name), std::string(class_name), 0};
  return out;
}

std::string ToWql(const Expr& expr) {
  std::string out;
  Print(out, expr);
  return out;
}

std::string ToWql(const Query& query) {
  std::string out = "SELECT ";
  if (query.distinct) out += "DISTINCT ";
  if (query.count) out += "COUNT(";
  for (std::size_t i = 0; i < query.select.size(); ++i) {
    if (i != 0) out += ", ";
    out += NameText(query.select[i]);
  }
  if (query.count) out += ")";
  out += " FROM ";
  PrintSource(out, query.from);
  for (const auto& join : query.joins) {
    out += join.on == nullptr ? ", " : join.kind == Join::Kind::kLeft ? " LEFT JOIN " : " JOIN ";
    PrintSource(out, join.source);
    if (join.on != nullptr) out += " ON " + ToWql(*join.on);
  }
  if (query.where != nullptr) out += " WHERE " + ToWql(*query.where);
  for (std::size_t i = 0; i < query.order_by.size(); ++i) {
    out += i == 0 ? " ORDER BY " : ", ";
    out += NameText(query.order_by[i].name);
    if (query.order_by[i].descending) out += " DESC";
  }
  return out;
}

bool Holds(CompareOp op, std::weak_ordering order) {
  switch (op) {
    case CompareOp::kEqual:
      return order == 0;
    case CompareOp::kNotEqual:
      return order != 0;
    case CompareOp::kLess:
      return order < 0;
    case CompareOp::kLessOrEqual:
      return order <= 0;
    case CompareOp::kGreater:
      return order > 0;
    case CompareOp::kGreaterOrEqual:
      return order >= 0;
  }
  return false;
}

}  // namespace ww::cim
