#include "json_body.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "system_properties.h"
#include "wimwright/base/text.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"

namespace ww::adminservice {
namespace {

namespace json = boost::json;
using cim::WbemStatus;

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxElements = 100'000;
constexpr std::size_t kMaxBase64 = 1 << 20;
constexpr std::string_view kTypePrefix = "AdminService.";

tl::unexpected<Error> Refuse(WbemStatus status, std::string message) {
  return Fail(cim::WbemError(status, std::move(message)));
}

std::string_view View(const json::string& text) { return {text.data(), text.size()}; }
std::string_view View(json::string_view text) { return {text.data(), text.size()}; }

std::string Shown(std::string_view text) { return std::string(text.substr(0, 64)); }

// "@odata.type", "Schedule@odata.type": about members, not members.
bool IsAnnotation(std::string_view name) { return name.find('@') != std::string_view::npos; }

Result<cim::ClassPtr> ClassNamed(std::string_view type, const cim::ClassDeclaration* base,
                                 const cim::Schema& schema) {
  const auto sent = Shown(type);
  if (type.starts_with('#')) type.remove_prefix(1);
  if (cim::SameName(type.substr(0, kTypePrefix.size()), kTypePrefix)) {
    type.remove_prefix(kTypePrefix.size());
  }
  auto cls = schema.Find(type);
  if (cls == nullptr) {
    return Refuse(WbemStatus::kInvalidParameter, fmt::format("there is no class '{}'", sent));
  }
  if (base != nullptr && !cls->IsA(*base)) {
    return Refuse(WbemStatus::kInvalidParameter, fmt::format("'{}' is no {}", sent, base->name()));
  }
  return cls;
}

// The class the object itself names; null when it names none.
Result<cim::ClassPtr> OwnClass(const json::object& object, const cim::ClassDeclaration* base,
                               const cim::Schema& schema) {
  for (const char* member : {"@odata.type", "__CLASS"}) {
    const auto* type = object.if_contains(member);
    if (type == nullptr || type->is_null()) continue;
    if (!type->is_string()) {
      return Refuse(WbemStatus::kInvalidParameter, fmt::format("{} is a text", member));
    }
    return ClassNamed(View(type->get_string()), base, schema);
  }
  return cim::ClassPtr();
}

class Reader {
 public:
  explicit Reader(const cim::Schema& schema) : schema_(schema) {}

  // Members of `object` into properties of `out`; `skip` says which of them to leave alone.
  template <typename Skip>
  Status Fill(const json::object& object, cim::Instance& out, WbemStatus unknown, Skip skip) const {
    for (const auto& member : object) {
      const auto name = View(member.key());
      if (IsAnnotation(name)) continue;
      const auto property = out.cls().FindProperty(name);
      if (!property) {
        if (FindSystemProperty(name)) continue;
        return Refuse(unknown, fmt::format("{} has no '{}'", Called(out.cls()), Shown(name)));
      }
      const auto& declaration = out.cls().properties()[*property];
      if (out.is_set(*property)) {
        return Refuse(WbemStatus::kInvalidParameter,
                      fmt::format("'{}' was sent twice", declaration.name));
      }
      if (skip(declaration, member.value())) continue;
      auto value = ToValue(member.value(), declaration.type);
      if (!value) return Fail(value.error().Within(declaration.name));
      if (auto set = out.Set(*property, *value); !set) {
        return Fail(set.error().Within(declaration.name));
      }
    }
    return {};
  }

 private:
  static std::string Called(const cim::ClassDeclaration& cls) {
    return cls.name() == "__PARAMETERS" ? "the method" : cls.name();
  }

  Result<cim::Value> ToValue(const json::value& value, const cim::TypeSpec& type) const {
    switch (value.kind()) {
      case json::kind::null:
        return cim::Value();
      case json::kind::bool_:
        return cim::Value::Bool(value.get_bool());
      case json::kind::int64:
        return cim::Value::Int(value.get_int64());
      case json::kind::uint64:
        return cim::Value::Uint(value.get_uint64());
      case json::kind::double_:
        return cim::Value::Real(value.get_double());
      case json::kind::string:
        return Text(View(value.get_string()), type);
      case json::kind::array:
        return Elements(value.get_array(), type);
      case json::kind::object:
        return Object(value.get_object(), type);
    }
    return Refuse(WbemStatus::kTypeMismatch, "not a value");
  }

  static Result<cim::Value> Text(std::string_view text, const cim::TypeSpec& type) {
    if (text.find('\0') != std::string_view::npos) {
      return Refuse(WbemStatus::kInvalidParameter, "a text with a NUL character");
    }
    if (type.array && type.type == cim::CimType::kUint8) return Binary(text);
    if (type.type == cim::CimType::kDatetime && (text.ends_with('Z') || text.ends_with('z'))) {
      if (const auto date = cim::DateTime::ParseIso(text)) {
        return cim::Value::Date(date->WithoutOffset());
      }
    }
    return cim::Value::String(std::string(text));
  }

  static Result<cim::Value> Binary(std::string_view text) {
    if (text.size() > kMaxBase64) return Refuse(WbemStatus::kInvalidParameter, "above 1 MiB");
    const auto bytes = FromBase64(text);
    if (!bytes) return Refuse(WbemStatus::kTypeMismatch, "expected base64");
    cim::Value::Array elements;
    elements.reserve(bytes->size());
    for (const auto byte : *bytes) {
      elements.push_back(cim::Value::Uint(std::to_integer<std::uint64_t>(byte)));
    }
    return cim::Value::Of(std::move(elements));
  }

  Result<cim::Value> Elements(const json::array& array, const cim::TypeSpec& type) const {
    if (!type.array) {
      return Refuse(WbemStatus::kTypeMismatch,
                    fmt::format("expected {}, not an array", cim::ToString(type)));
    }
    if (array.size() > kMaxElements) {
      return Refuse(WbemStatus::kInvalidParameter, "more than 100000 elements");
    }
    const cim::TypeSpec element{type.type, false, type.class_name};
    cim::Value::Array out;
    out.reserve(array.size());
    for (const auto& value : array) {
      if (value.is_array()) return Refuse(WbemStatus::kTypeMismatch, "an array in an array");
      WW_TRY(auto converted, ToValue(value, element), fmt::format("element {}", out.size()));
      out.push_back(std::move(converted));
    }
    return cim::Value::Of(std::move(out));
  }

  // Depth is bounded by the parser's.
  Result<cim::Value> Object(const json::object& object, const cim::TypeSpec& type) const {
    if (type.type != cim::CimType::kObject) {
      return Refuse(WbemStatus::kTypeMismatch,
                    fmt::format("expected {}, not an object", cim::ToString(type)));
    }
    const auto declared = schema_.Find(type.class_name);
    auto cls = OwnClass(object, declared.get(), schema_);
    if (!cls) return Fail(cls.error());
    if (*cls == nullptr) *cls = declared;
    if (*cls == nullptr) {
      return Refuse(WbemStatus::kInvalidParameter, "the object needs an @odata.type");
    }
    if ((*cls)->abstract()) {
      return Refuse(WbemStatus::kInvalidParameter,
                    fmt::format("{} is abstract: name the class of the object by \"@odata.type\": "
                                "\"#AdminService.<Class>\"",
                                (*cls)->name()));
    }
    auto made = cim::Instance::Spawn(*cls);
    WW_RETURN_IF_ERROR(Fill(object, made, WbemStatus::kInvalidProperty,
                            [](const auto&, const auto&) { return false; }));
    return cim::Value::Object(std::make_shared<const cim::Instance>(std::move(made)));
  }

  const cim::Schema& schema_;
};

bool IsEmpty(const json::value& value) { return value.is_array() && value.get_array().empty(); }

// An object as a list shows it: lazy properties were never loaded.
bool IsFromList(const json::object& body) {
  const auto* verbs = body.if_contains("__QUALIFIER_SECURITYVERBS");
  return verbs != nullptr && verbs->is_null();
}

}  // namespace

Result<json::object> ParseJsonObject(std::string_view body) {
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  if (Trim(body).empty()) return json::object();
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code failed;
  json::value value;
  try {
    value = json::parse(json::string_view(body.data(), body.size()), failed, {}, options);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {  // its limits on lengths
    return Refuse(WbemStatus::kInvalidParameter, fmt::format("the body: {}", e.what()));
  }
  if (failed) {
    return Refuse(WbemStatus::kInvalidParameter,
                  fmt::format("the body is not JSON in UTF-8: {}", failed.message()));
  }
  if (!value.is_object()) {
    return Refuse(WbemStatus::kInvalidParameter, "the body is not a JSON object");
  }
  return std::move(value.get_object());
}

Result<cim::Instance> ReadEntity(const json::object& body, const cim::ClassPtr& cls, BodyUse use,
                                 const cim::Schema& schema) {
  auto own = OwnClass(body, cls.get(), schema);
  if (!own) return Fail(own.error());
  const auto& actual = *own == nullptr ? cls : *own;
  auto out = use == BodyUse::kCreate ? cim::Instance::Spawn(actual) : cim::Instance(actual);
  const bool from_list = IsFromList(body);
  const auto skip = [&](const cim::PropertyDeclaration& property, const json::value& value) {
    if (use == BodyUse::kCreate || !property.lazy) return false;
    return value.is_null() || (from_list && IsEmpty(value));
  };
  WW_RETURN_IF_ERROR(Reader(schema).Fill(body, out, WbemStatus::kInvalidProperty, skip));
  return out;
}

Status ReadParameters(const json::object& body, cim::Instance& in, const cim::Schema& schema) {
  return Reader(schema).Fill(body, in, WbemStatus::kInvalidMethodParameters,
                             [](const auto&, const auto&) { return false; });
}

}  // namespace ww::adminservice
