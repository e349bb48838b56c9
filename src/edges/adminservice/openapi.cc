#include "openapi.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>
#include <utility>

#include "system_properties.h"

namespace ww::adminservice {
namespace {

namespace json = boost::json;
using cim::CimType;

json::object Ref(std::string_view kind, std::string_view name) {
  return {{"$ref", fmt::format("#/components/{}/{}", kind, name)}};
}
json::object JsonContent(json::value schema) {
  return {{"application/json", json::object{{"schema", std::move(schema)}}}};
}
json::object Answer(std::string_view description, json::value schema) {
  return {{"description", description}, {"content", JsonContent(std::move(schema))}};
}

json::object ElementSchema(const cim::TypeSpec& type) {
  switch (type.type) {
    case CimType::kBoolean:
      return {{"type", "boolean"}};
    case CimType::kReal32:
    case CimType::kReal64:
      return {{"type", "number"}};
    case CimType::kDatetime:
      return {{"type", "string"}, {"format", "date-time"}};
    case CimType::kObject:
      if (type.class_name.empty()) return {{"type", "object"}};
      return Ref("schemas", type.class_name);
    case CimType::kString:
    case CimType::kReference:
      return {{"type", "string"}};
    case CimType::kUint8:
      if (type.array) return {{"type", "string"}, {"format", "byte"}};
      break;
    default:
      break;
  }
  const bool wide = EdmElementType(type) == "Edm.Int64";
  return {{"type", "integer"}, {"format", wide ? "int64" : "int32"}};
}

json::object TypeSchema(const cim::TypeSpec& type) {
  auto element = ElementSchema(type);
  if (IsCollection(type)) return {{"type", "array"}, {"items", std::move(element)}};
  return element;
}

std::string EnumerationText(const cim::PropertyDeclaration& property) {
  std::string out;
  for (const auto& value : property.values) {
    if (out.size() > 2000) return out + " ...";
    out += fmt::format("{}{} {}", out.empty() ? (property.bits ? "Bits: " : "Values: ") : ", ",
                       value.value, value.name);
  }
  return out;
}

json::object PropertySchema(const cim::PropertyDeclaration& property) {
  auto schema = TypeSchema(property.type);
  auto text = property.qualifiers.Text("Description");
  if (const auto values = EnumerationText(property); !values.empty()) {
    text += (text.empty() ? "" : " ") + values;
  }
  if (property.lazy) text += (text.empty() ? "" : " ") + std::string("Only present by key.");
  // OpenAPI 3.0 ignores what stands beside a $ref.
  if (schema.contains("$ref")) return schema;
  if (!IsCollection(property.type) && !property.key) schema["nullable"] = true;
  if (property.max_size && property.type.type == CimType::kString && !property.type.array) {
    schema["maxLength"] = *property.max_size;
  }
  if (property.read_only) schema["readOnly"] = true;
  if (!text.empty()) schema["description"] = text;
  return schema;
}

// With "@odata.type", by which a client names the concrete class.
json::object ComplexSchema(const cim::ClassDeclaration& cls) {
  json::object properties{{"@odata.type", json::object{{"type", "string"}}}};
  for (const auto* property : SortedProperties(cls)) {
    properties[property->name] = PropertySchema(*property);
  }
  json::object schema{{"type", "object"}};
  if (const auto* super = cls.superclass(); super != nullptr && super->embedded()) {
    schema["description"] = fmt::format("A kind of {}.", super->name());
  }
  // Objects of derived classes bring members of their own.
  schema["additionalProperties"] = true;
  schema["properties"] = std::move(properties);
  return schema;
}

json::object EntitySchema(const cim::ClassDeclaration& cls) {
  json::object properties{{"@odata.etag", json::object{{"type", "string"}, {"readOnly", true}}}};
  for (const auto& system : kSystemProperties) {
    json::object type{{"type", system.edm_type == "Edm.Int32" ? "integer" : "string"}};
    if (system.edm_type.starts_with("Collection(")) {
      type = {{"type", "array"}, {"items", json::object{{"type", "string"}}}};
    }
    type["nullable"] = true;
    type["readOnly"] = true;
    properties[system.name] = std::move(type);
  }
  for (const auto* property : SortedProperties(cls)) {
    properties[property->name] = PropertySchema(*property);
  }
  json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (auto text = cls.qualifiers().Text("Description"); !text.empty()) schema["description"] = text;
  return schema;
}

class Paths {
 public:
  explicit Paths(json::object& paths) : paths_(paths) {}

  void AddClass(const EdmModel::Class& c) {
    const auto& cls = *c.cls;
    if (c.in_service) {
      AddSet(cls);
      AddCount(cls);
      if (!cls.keys().empty()) AddInstance(cls);
    }
    for (const auto& method : cls.methods()) AddMethod(cls, method);
  }

 private:
  static json::object Operation(const cim::ClassDeclaration& cls, std::string_view id,
                                std::string_view summary) {
    return {{"tags", json::array{cls.name()}},
            {"operationId", fmt::format("{}_{}", id, cls.name())},
            {"summary", summary}};
  }
  static json::object Value(const cim::ClassDeclaration& cls) {
    return {{"type", "object"},
            {"properties",
             json::object{{"@odata.context", json::object{{"type", "string"}}},
                          {"value", json::object{{"type", "array"},
                                                 {"items", Ref("schemas", cls.name())}}}}}};
  }
  static json::object Body(json::value schema, bool required) {
    return {{"required", required}, {"content", JsonContent(std::move(schema))}};
  }
  static json::object Answers(std::string_view status, json::value answer) {
    return {{status, std::move(answer)}, {"default", Ref("responses", "error")}};
  }

  void AddSet(const cim::ClassDeclaration& cls) {
    auto list = Operation(cls, "list", "Objects of the class, lazy properties left out");
    json::array options;
    for (const auto* name : {"filter", "select", "orderby", "top", "skip", "count"}) {
      options.push_back(Ref("parameters", name));
    }
    list["parameters"] = std::move(options);
    list["responses"] = Answers("200", Answer("The objects", Value(cls)));
    json::object item{{"get", std::move(list)}};
    if (!cls.read_only() && !cls.keys().empty()) {
      auto create = Operation(cls, "create", "Create an object");
      create["requestBody"] = Body(Ref("schemas", cls.name()), true);
      create["responses"] = Answers("201", Answer("As it was made", Ref("schemas", cls.name())));
      item["post"] = std::move(create);
    }
    paths_[fmt::format("/wmi/{}", cls.name())] = std::move(item);
  }

  void AddCount(const cim::ClassDeclaration& cls) {
    auto count = Operation(cls, "count", "How many objects there are");
    count["parameters"] = json::array{Ref("parameters", "filter")};
    count["responses"] = Answers(
        "200", json::object{
                   {"description", "The number"},
                   {"content",
                    json::object{{"text/plain",
                                  json::object{{"schema", json::object{{"type", "integer"}}}}}}}});
    paths_[fmt::format("/wmi/{}/$count", cls.name())] = json::object{{"get", std::move(count)}};
  }

  // "/wmi/SMS_X(A='{A}',B={B})".
  static std::string InstancePath(const cim::ClassDeclaration& cls) {
    std::string keys;
    for (const auto index : cls.keys()) {
      const auto& key = cls.properties()[index];
      const bool quoted = key.type.type == CimType::kString;
      if (!keys.empty()) keys += ',';
      if (cls.keys().size() > 1) keys += key.name + "=";
      keys += fmt::format(fmt::runtime(quoted ? "'{{{}}}'" : "{{{}}}"), key.name);
    }
    return fmt::format("/wmi/{}({})", cls.name(), keys);
  }
  static json::array KeyParameters(const cim::ClassDeclaration& cls) {
    json::array out;
    for (const auto index : cls.keys()) {
      const auto& key = cls.properties()[index];
      out.push_back(json::object{{"name", key.name},
                                 {"in", "path"},
                                 {"required", true},
                                 {"schema", TypeSchema(key.type)}});
    }
    return out;
  }

  void AddInstance(const cim::ClassDeclaration& cls) {
    auto get = Operation(cls, "get", "One object, lazy properties included");
    get["parameters"] = json::array{Ref("parameters", "select")};
    get["responses"] = Answers("200", Answer("An array of one object", Value(cls)));
    json::object item{{"parameters", KeyParameters(cls)}, {"get", std::move(get)}};
    if (!cls.read_only()) {
      for (const auto& [verb, id] : {std::pair{"put", "update"}, std::pair{"patch", "merge"}}) {
        auto update = Operation(cls, id, "Change what the body names");
        update["requestBody"] = Body(Ref("schemas", cls.name()), true);
        update["responses"] = Answers("200", Answer("As it is now", Ref("schemas", cls.name())));
        item[verb] = std::move(update);
      }
      auto remove = Operation(cls, "delete", "Delete the object");
      remove["responses"] = Answers("204", json::object{{"description", "It is gone"}});
      item["delete"] = std::move(remove);
    }
    paths_[InstancePath(cls)] = std::move(item);
  }

  void AddMethod(const cim::ClassDeclaration& cls, const cim::MethodDeclaration& method) {
    if (!method.is_static && cls.keys().empty()) return;
    auto call = Operation(cls, "call_" + method.name, method.name);
    if (auto text = method.qualifiers.Text("Description"); !text.empty()) call["summary"] = text;
    json::object in;
    for (const auto& p : method.parameters) {
      if (p.in) in[p.name] = TypeSchema(p.type);
    }
    const bool has_input = !in.empty();
    if (has_input) {
      call["requestBody"] =
          Body(json::object{{"type", "object"}, {"properties", std::move(in)}}, false);
    }
    json::object out{{"@odata.context", json::object{{"type", "string"}}}};
    for (const auto& p : method.out_class->properties()) out[p.name] = TypeSchema(p.type);
    const auto result = Answer("What the method returns",
                               json::object{{"type", "object"}, {"properties", std::move(out)}});
    call["responses"] = Answers("201", result);
    json::object item;
    if (method.is_static && !has_input) {
      auto get = Operation(cls, "get_" + method.name, method.name);
      get["responses"] = Answers("200", result);
      item["get"] = std::move(get);
    }
    if (!method.is_static) item["parameters"] = KeyParameters(cls);
    item["post"] = std::move(call);
    const auto path = method.is_static
                          ? fmt::format("/wmi/{}.{}", cls.name(), method.name)
                          : fmt::format("{}/AdminService.{}", InstancePath(cls), method.name);
    paths_[path] = std::move(item);
  }

  json::object& paths_;
};

json::object QueryParameters() {
  const auto parameter = [](std::string_view name, std::string_view type) {
    return json::object{{"name", name}, {"in", "query"}, {"schema", json::object{{"type", type}}}};
  };
  return {{"filter", parameter("$filter", "string")},   {"select", parameter("$select", "string")},
          {"orderby", parameter("$orderby", "string")}, {"top", parameter("$top", "integer")},
          {"skip", parameter("$skip", "integer")},      {"count", parameter("$count", "boolean")}};
}

json::object ErrorSchema() {
  return {{"type", "object"},
          {"properties",
           json::object{
               {"error", json::object{{"type", "object"},
                                      {"properties",
                                       json::object{{"code", json::object{{"type", "string"}}},
                                                    {"message", json::object{{"type", "string"}}},
                                                    {"SMS_ExtendedStatus",
                                                     json::object{{"type", "object"}}}}}}}}}};
}

}  // namespace

std::string MakeOpenApi(const EdmModel& model) {
  json::object schemas{{"error", ErrorSchema()}};
  json::object paths;
  Paths builder(paths);
  for (const auto& c : model.classes()) {
    schemas[c.cls->name()] =
        c.shape == Shape::kComplex ? ComplexSchema(*c.cls) : EntitySchema(*c.cls);
    if (c.shape == Shape::kEntity) builder.AddClass(c);
  }
  json::object components{
      {"schemas", std::move(schemas)},
      {"parameters", QueryParameters()},
      {"responses", json::object{{"error", Answer("What went wrong", Ref("schemas", "error"))}}},
      {"securitySchemes",
       json::object{{"basic", json::object{{"type", "http"}, {"scheme", "basic"}}},
                    {"bearer", json::object{{"type", "http"}, {"scheme", "bearer"}}}}}};
  const json::object document{
      {"openapi", "3.0.3"},
      {"info", json::object{{"title", "Administration service"}, {"version", "1.0"}}},
      {"servers", json::array{json::object{{"url", "/AdminService"}}}},
      {"security", json::array{json::object{{"basic", json::array()}},
                               json::object{{"bearer", json::array()}}}},
      {"paths", std::move(paths)},
      {"components", std::move(components)}};
  return json::serialize(document);
}

}  // namespace ww::adminservice
