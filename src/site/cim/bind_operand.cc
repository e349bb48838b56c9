// Names, literals and functions.
#include <fmt/format.h>

#include "binder.h"
#include "wimwright/cim/coerce.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

CimType TypeOfLiteral(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return CimType::kBoolean;
    case Value::Kind::kInt:
      return CimType::kSint64;
    case Value::Kind::kUint:
      return CimType::kUint64;
    case Value::Kind::kReal:
      return CimType::kReal64;
    case Value::Kind::kDateTime:
      return CimType::kDatetime;
    default:
      return CimType::kString;
  }
}

BoundExprPtr MakeLiteral(Value value) {
  auto out = std::make_unique<BoundExpr>();
  out->kind = BoundExpr::Kind::kLiteral;
  out->type = TypeOfLiteral(value);
  out->value = std::move(value);
  return out;
}

}  // namespace

tl::unexpected<Error> BindError(std::size_t position, std::string_view what) {
  return Fail(
      WbemError(WbemStatus::kInvalidQuery, fmt::format("character {}: {}", position + 1, what)));
}

const PropertyDeclaration& Binder::DeclarationOf(const Column& column) const {
  return sources_[column.source].cls->properties()[column.property];
}

Status Binder::AddSource(const Source& source, Join::Kind kind) {
  WW_TRY(auto cls, schema_.Get(source.class_name),
         fmt::format("character {}", source.position + 1));
  if (cls->embedded()) {
    return BindError(source.position,
                     fmt::format("objects of {} live only inside others", cls->name()));
  }
  for (const auto& present : sources_) {
    if (SameName(present.alias, source.alias)) {
      return BindError(source.position, fmt::format("'{}' is used twice", source.alias));
    }
  }
  BoundSource made;
  made.alias = SameName(source.alias, cls->name()) ? cls->name() : source.alias;
  made.cls = std::move(cls);
  made.left_join = kind == Join::Kind::kLeft;
  sources_.push_back(std::move(made));
  return {};
}

// By alias, else by the name of the class.
Result<std::size_t> Binder::SourceOf(const Name& name) const {
  if (name.qualifier.empty()) return std::size_t{0};
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (SameName(sources_[i].alias, name.qualifier)) return i;
    if (!SameName(sources_[i].cls->name(), name.qualifier)) continue;
    if (found) return BindError(name.position, fmt::format("'{}' is ambiguous", name.qualifier));
    found = i;
  }
  if (!found) {
    return BindError(name.position,
                     fmt::format("'{}' is no class or alias of this query", name.qualifier));
  }
  return *found;
}

Result<Column> Binder::Resolve(const Name& name) const {
  if (name.property.starts_with("__")) {
    if (!SameName(name.property, "__CLASS")) {
      return BindError(name.position,
                       fmt::format("{} cannot be part of a condition", name.property));
    }
    if (name.qualifier.empty() && sources_.size() > 1) {
      return BindError(name.position, "__CLASS needs an alias in a join");
    }
    WW_TRY(const auto source, SourceOf(name), "__CLASS");
    return Column{source, Column::kClassName};
  }
  if (!name.qualifier.empty()) {
    auto source = SourceOf(name);
    if (!source) return Fail(source.error());
    const auto property = sources_[*source].cls->FindProperty(name.property);
    if (!property) {
      return BindError(name.position, fmt::format("{} has no property '{}'",
                                                  sources_[*source].cls->name(), name.property));
    }
    return Column{*source, *property};
  }
  std::optional<Column> found;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto property = sources_[i].cls->FindProperty(name.property);
    if (!property) continue;
    if (found) {
      return BindError(name.position,
                       fmt::format("'{}' is ambiguous: {} and {} have it", name.property,
                                   sources_[found->source].alias, sources_[i].alias));
    }
    found = Column{i, *property};
  }
  if (!found) {
    return BindError(name.position, fmt::format("{} has no property '{}'", sources_[0].cls->name(),
                                                name.property));
  }
  return *found;
}

Result<BoundExprPtr> Binder::Operand(const Expr& expr) {
  switch (expr.kind) {
    case Expr::Kind::kLiteral:
      return MakeLiteral(expr.value);
    case Expr::Kind::kFunction:
      return Call(expr);
    case Expr::Kind::kProperty:
      break;
    default:
      return BindError(expr.position, "expected a property or value");
  }
  auto column = Resolve(expr.name);
  if (!column) return Fail(column.error());
  auto out = std::make_unique<BoundExpr>();
  out->kind = Kind::kColumn;
  out->column = *column;
  out->type = CimType::kString;
  if (column->property != Column::kClassName) {
    const auto& declaration = DeclarationOf(*column);
    out->type = declaration.type.type;
    out->array = declaration.type.array;
  }
  return out;
}

Result<BoundExprPtr> Binder::Call(const Expr& expr) {
  if (expr.function == Function::kGetDate) return MakeLiteral(Value::Date(options_.now));
  auto out = std::make_unique<BoundExpr>();
  out->kind = Kind::kFunction;
  out->function = expr.function;
  out->date_part = expr.date_part;
  bool constant = true;
  const bool dates = expr.function != Function::kUpper && expr.function != Function::kLower &&
                     expr.function != Function::kSubstring;
  for (std::size_t i = 0; i < expr.children.size(); ++i) {
    auto bound = Operand(*expr.children[i]);
    if (!bound) return bound;
    const auto& argument = **bound;
    const std::size_t position = expr.children[i]->position;
    const bool literal = argument.kind == Kind::kLiteral;
    constant = constant && literal;
    if (argument.array || argument.type == CimType::kObject) {
      return BindError(position, "functions do not take arrays and objects");
    }
    // SUBSTRING's numbers and DATEADD's count.
    const bool number = expr.function == Function::kSubstring ? i > 0
                        : expr.function == Function::kDateAdd ? i == 0
                                                              : false;
    if (number && !literal) return BindError(position, "expected a number");
    if (dates && !number) {
      if (!literal && argument.type != CimType::kDatetime) {
        return BindError(position, "expected a date");
      }
      if (literal && !argument.value.is_null()) {
        auto date = Coerce(argument.value, {CimType::kDatetime, false, {}});
        if (!date) return BindError(position, date.error().message);
        *bound = MakeLiteral(*std::move(date));
      }
    }
    out->children.push_back(*std::move(bound));
  }
  switch (expr.function) {
    case Function::kDatePart:
    case Function::kDateDiff:
      out->type = CimType::kSint64;
      break;
    case Function::kDateAdd:
      out->type = CimType::kDatetime;
      break;
    default:
      out->type = CimType::kString;
      break;
  }
  if (!constant) return out;
  std::vector<const Value*> arguments;
  for (const auto& child : out->children) arguments.push_back(&child->value);
  auto value = Apply(*out, arguments);
  if (!value) return BindError(expr.position, value.error().message);
  return MakeLiteral(*std::move(value));
}

// The literal in the form in which the left side compares with it.
Result<Value> Binder::LiteralFor(const BoundExpr& left, const Value& literal,
                                 std::size_t position) const {
  if (literal.is_array() || literal.AsObject() != nullptr || left.type == CimType::kObject) {
    return BindError(position, "objects cannot be compared");
  }
  TypeSpec type{left.type, false, {}};
  if (IsInteger(left.type)) {
    // Wide, so that a number outside the property's range is a legal question.
    type.type = CimType::kSint64;
    if (auto value = Coerce(literal, type)) return value;
    type.type = CimType::kUint64;
    if (auto value = Coerce(literal, type)) return value;
    type.type = CimType::kReal64;
  } else if (IsReal(left.type)) {
    type.type = CimType::kReal64;
  } else if (left.type == CimType::kReference) {
    type.type = CimType::kString;
  }
  auto value = Coerce(literal, type);
  if (!value) {
    return BindError(position, fmt::format("'{}' cannot be compared with a {}",
                                           ToText(literal).substr(0, 64), CimTypeName(left.type)));
  }
  return value;
}

}  // namespace ww::cim
