#include "value_codec.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "wimwright/cim/instance.h"
#include "wimwright/cim/status.h"

namespace ww::provider {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kClassMember = "__CLASS";
constexpr int kMaxNesting = 8;  // embedded objects in embedded objects

bool AsJson(const cim::TypeSpec& type) { return type.array || type.type == cim::CimType::kObject; }

tl::unexpected<Error> Bad(std::string what) {
  return Fail(cim::ProviderError(cim::ProviderCode::kBadValue, std::move(what)));
}
tl::unexpected<Error> Corrupt(std::string_view what) {
  return Fail(Code::kCorrupt, fmt::format("the database holds {}", what));
}

Json ToJson(const cim::Value& value) {
  using Kind = cim::Value::Kind;
  switch (value.kind()) {
    case Kind::kNull:
      return nullptr;
    case Kind::kBool:
      return *value.AsBool();
    case Kind::kInt:
      return *value.AsInt();
    case Kind::kUint:
      return *value.AsUint();
    case Kind::kReal:
      return *value.AsReal();
    case Kind::kString:
      return *value.AsString();
    case Kind::kDateTime:
      return value.AsDate()->ToDmtf();
    case Kind::kObject: {
      const auto& object = *value.AsObject();
      Json out = Json::object();
      out[std::string(kClassMember)] = object.cls().name();
      for (std::size_t i = 0; i < object.size(); ++i) {
        if (object.at(i).is_null()) continue;
        out[object.cls().properties()[i].name] = ToJson(object.at(i));
      }
      return out;
    }
    case Kind::kArray: {
      Json out = Json::array();
      for (const auto& element : *value.AsArray()) out.push_back(ToJson(element));
      return out;
    }
  }
  return nullptr;
}

Result<cim::Value> FromJson(const Json& json, const cim::TypeSpec& type, const cim::Schema& schema,
                            int depth);

Result<cim::Value> ObjectFromJson(const Json& json, const cim::Schema& schema, int depth) {
  if (!json.is_object() || depth > kMaxNesting) return Corrupt("no embedded object");
  const auto name = json.value(std::string(kClassMember), std::string());
  const auto cls = schema.Find(name);
  if (!cls) return Corrupt(fmt::format("an object of the unknown class {}", name));
  cim::Instance object(cls);
  for (const auto& [member, content] : json.items()) {
    const auto index = cls->FindProperty(member);
    if (!index) continue;  // "__CLASS", or a property that an older program knew
    WW_TRY(auto value, FromJson(content, cls->properties()[*index].type, schema, depth + 1),
           member);
    object.SetRaw(*index, std::move(value));
  }
  return cim::Value::Object(std::make_shared<const cim::Instance>(std::move(object)));
}

Result<cim::Value> ScalarFromJson(const Json& json, const cim::TypeSpec& type) {
  using cim::CimType;
  if (type.type == CimType::kBoolean && json.is_boolean()) {
    return cim::Value::Bool(json.get<bool>());
  }
  if (cim::IsSigned(type.type) && json.is_number_integer()) {
    return cim::Value::Int(json.get<std::int64_t>());
  }
  if (cim::IsUnsigned(type.type) && json.is_number_integer()) {
    return cim::Value::Uint(json.get<std::uint64_t>());
  }
  if (cim::IsReal(type.type) && json.is_number()) return cim::Value::Real(json.get<double>());
  if (type.type == CimType::kDatetime && json.is_string()) {
    WW_TRY(const auto date, cim::DateTime::ParseDmtf(json.get<std::string>()), "date");
    return cim::Value::Date(date);
  }
  if ((type.type == CimType::kString || type.type == CimType::kReference) && json.is_string()) {
    return cim::Value::String(json.get<std::string>());
  }
  return Corrupt("a value of another type than its property's");
}

Result<cim::Value> FromJson(const Json& json, const cim::TypeSpec& type, const cim::Schema& schema,
                            int depth) {
  if (json.is_null()) return cim::Value();
  if (!type.array) {
    return type.type == cim::CimType::kObject ? ObjectFromJson(json, schema, depth)
                                              : ScalarFromJson(json, type);
  }
  if (!json.is_array()) return Corrupt("no array");
  auto element_type = type;
  element_type.array = false;
  cim::Value::Array out;
  out.reserve(json.size());
  for (const auto& element : json) {
    WW_TRY(auto value, FromJson(element, element_type, schema, depth), "element");
    out.push_back(std::move(value));
  }
  return cim::Value::Of(std::move(out));
}

Result<database::Value> Text(std::string text) {
  if (text.find('\0') != std::string::npos) return Bad("text with a NUL character in it");
  return database::Value(std::move(text));
}

}  // namespace

cim::DateTime StoredDate(const cim::DateTime& date) {
  if (date.is_interval() || !date.offset_minutes()) return date;
  return cim::DateTime::FromUtc(date.ToUtc());
}

database::ColumnDefinition ColumnFor(const cim::PropertyDeclaration& property) {
  using database::ColumnType;
  database::ColumnDefinition column;
  column.name = property.name;
  column.key = property.key;
  if (AsJson(property.type)) return column;
  const auto type = property.type.type;
  if (type == cim::CimType::kBoolean || cim::IsInteger(type)) {
    column.type = ColumnType::kInteger;
  } else if (cim::IsReal(type)) {
    column.type = ColumnType::kReal;
  } else if (type == cim::CimType::kDatetime) {
    column.type = ColumnType::kDateTime;
  } else {
    column.case_insensitive = true;
  }
  return column;
}

Result<database::Value> ToCell(const cim::Value& value, const cim::TypeSpec& type) {
  using Kind = cim::Value::Kind;
  if (value.is_null()) return database::Value();
  if (AsJson(type)) {
    return Text(ToJson(value).dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  switch (value.kind()) {
    case Kind::kBool:
      return database::Value(*value.AsBool() ? 1 : 0);
    case Kind::kInt:
    case Kind::kUint: {
      const auto number = value.AsInt();
      if (!number) return Bad("a number above 2^63 - 1");
      return database::Value(*number);
    }
    case Kind::kReal:
      return database::Value(*value.AsReal());
    case Kind::kString:
      return Text(*value.AsString());
    case Kind::kDateTime:
      return database::Value(StoredDate(*value.AsDate()).ToDmtf());
    default:
      return Fail(Code::kInternal, "a value that is not of its property's type");
  }
}

Result<cim::Value> FromCell(const database::Value& cell, const cim::TypeSpec& type,
                            const cim::Schema& schema) {
  if (cell.is_null()) return cim::Value();
  if (AsJson(type)) {
    const auto json = Json::parse(cell.text(), nullptr, false);
    if (json.is_discarded()) return Corrupt("no JSON where an array or object should be");
    return FromJson(json, type, schema, 0);
  }
  if (cell.is_integer()) {
    const auto number = cell.integer();
    if (type.type == cim::CimType::kBoolean) return cim::Value::Bool(number != 0);
    if (cim::IsSigned(type.type)) return cim::Value::Int(number);
    if (cim::IsUnsigned(type.type)) return cim::Value::Uint(static_cast<std::uint64_t>(number));
  }
  if (cell.is_real() && cim::IsReal(type.type)) return cim::Value::Real(cell.real());
  if (cell.is_text()) {
    if (type.type == cim::CimType::kDatetime) {
      WW_TRY(const auto date, cim::DateTime::ParseDmtf(cell.text()), "a date of the database");
      return cim::Value::Date(date);
    }
    return cim::Value::String(std::string(cell.text()));
  }
  return Corrupt("a value of another type than its property's");
}

}  // namespace ww::provider
