#include "entity_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "json_text.h"
#include "system_properties.h"
#include "wimwright/base/bytes.h"
#include "wimwright/base/text.h"
#include "wimwright/cim/object_path.h"

namespace ww::adminservice {
namespace {

bool IsBinary(const cim::TypeSpec& type) { return type.array && type.type == cim::CimType::kUint8; }

void AppendReal(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value < 0 ? "\"-INF\"" : "\"INF\"";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

void AppendBinary(std::string& out, const cim::Value::Array& elements) {
  Bytes bytes;
  bytes.reserve(elements.size());
  for (const auto& element : elements) bytes.push_back(static_cast<std::byte>(element.UintOr(0)));
  AppendJsonText(out, ToBase64(bytes));
}

// An embedded object: properties only. Its type is told where the declaration does not.
void AppendObject(std::string& out, const cim::Instance& object, const cim::TypeSpec& declared) {
  out += '{';
  const char* comma = "";
  if (!object.cls().name().empty() && !cim::SameName(object.cls().name(), declared.class_name)) {
    out += "\"@odata.type\":";
    AppendJsonText(out, "#AdminService." + object.cls().name());
    comma = ",";
  }
  const auto properties = object.cls().properties();
  for (std::size_t i = 0; i < properties.size(); ++i) {
    out += comma;
    comma = ",";
    AppendJsonText(out, properties[i].name);
    out += ':';
    AppendJsonValue(out, object.at(i), properties[i].type);
  }
  out += '}';
}

void AppendTexts(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0) out += ',';
    AppendJsonText(out, texts[i]);
  }
  out += ']';
}

// Key values joined by ';' in the keys' order; false when the class or the object has none.
bool AppendEtag(std::string& out, const cim::Instance& instance) {
  const auto keys = instance.cls().keys();
  if (keys.empty()) return false;
  std::string text;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto& value = instance.at(keys[i]);
    if (value.is_null()) return false;
    if (i != 0) text += ';';
    const auto* date = value.AsDate();
    text += date != nullptr ? date->ToIso() : cim::ToText(value);
  }
  AppendJsonText(out, text);
  return true;
}

}  // namespace

void AppendJsonValue(std::string& out, const cim::Value& value, const cim::TypeSpec& type) {
  switch (value.kind()) {
    case cim::Value::Kind::kNull:
      out += type.array && !IsBinary(type) ? "[]" : "null";
      break;
    case cim::Value::Kind::kBool:
      out += *value.AsBool() ? "true" : "false";
      break;
    case cim::Value::Kind::kInt:
      fmt::format_to(std::back_inserter(out), "{}", value.IntOr(0));
      break;
    case cim::Value::Kind::kUint:
      fmt::format_to(std::back_inserter(out), "{}", value.UintOr(0));
      break;
    case cim::Value::Kind::kReal:
      AppendReal(out, *value.AsReal());
      break;
    case cim::Value::Kind::kString:
      AppendJsonText(out, *value.AsString());
      break;
    case cim::Value::Kind::kDateTime:
      AppendJsonText(out, value.AsDate()->ToIso());
      break;
    case cim::Value::Kind::kObject:
      AppendObject(out, *value.AsObject(), type);
      break;
    case cim::Value::Kind::kArray: {
      const auto& elements = *value.AsArray();
      if (IsBinary(type)) {
        AppendBinary(out, elements);
        break;
      }
      out += '[';
      for (std::size_t i = 0; i < elements.size(); ++i) {
        if (i != 0) out += ',';
        AppendJsonValue(out, elements[i], {type.type, false, type.class_name});
      }
      out += ']';
    }
  }
}

EntityWriter::EntityWriter(const cim::Schema& schema, std::string server,
                           std::string site_namespace)
    : server_(std::move(server)), site_namespace_(std::move(site_namespace)) {
  for (const auto& cls : schema.classes()) layouts_.emplace(cls.get(), MakeLayout(*cls));
}

EntityWriter::Layout EntityWriter::MakeLayout(const cim::ClassDeclaration& cls) const {
  Layout layout;
  std::vector<std::string> lazy = {"__QUALIFIER_SECURITYVERBS"};
  for (std::size_t i = 0; i < cls.properties().size(); ++i) {
    const auto& property = cls.properties()[i];
    if (property.lazy) lazy.push_back(property.name);
    auto& members = property.type.type == cim::CimType::kObject ? layout.embedded : layout.members;
    members.push_back({i, JsonText(property.name) + ":"});
  }
  AppendTexts(layout.lazy, lazy);
  AppendTexts(layout.derivation, cls.Derivation());
  layout.name_space = cls.name_space().empty() ? site_namespace_ : cls.name_space();
  const auto* super = cls.superclass();
  layout.genus_to_dynasty = fmt::format(
      R"("__GENUS":2,"__CLASS":{},"__SUPERCLASS":{},"__DYNASTY":{})", JsonText(cls.name()),
      super == nullptr ? "null" : JsonText(super->name()), JsonText(cls.Dynasty()));
  layout.count_to_namespace = fmt::format(
      R"("__PROPERTY_COUNT":{},"__DERIVATION":{},"__SERVER":{},"__NAMESPACE":{})",
      cls.properties().size(), layout.derivation, JsonText(server_), JsonText(layout.name_space));
  return layout;
}

void EntityWriter::Append(std::string& out, const cim::Instance& instance, const View& view) const {
  out += '{';
  AppendMembers(out, instance, view);
  out += '}';
}

void EntityWriter::AppendMembers(std::string& out, const cim::Instance& instance,
                                 const View& view) const {
  const auto& cls = instance.cls();
  const auto known = layouts_.find(&cls);
  const Layout made = known == layouts_.end() ? MakeLayout(cls) : Layout();
  const Layout& layout = known == layouts_.end() ? made : known->second;

  if (view.declared != nullptr && &cls != view.declared) {
    out += "\"@odata.type\":";
    AppendJsonText(out, "#AdminService." + cls.name());
    out += ',';
  }
  const auto before = out.size();
  out += "\"@odata.etag\":";
  if (AppendEtag(out, instance)) {
    out += ',';
  } else {
    out.resize(before);
  }
  if (view.selection != nullptr) {
    AppendSelected(out, instance, layout, *view.selection, view);
    return;
  }
  out += "\"__LAZYPROPERTIES\":";
  out += layout.lazy;
  out +=
      view.by_key ? R"(,"__QUALIFIER_SECURITYVERBS":-1)" : R"(,"__QUALIFIER_SECURITYVERBS":null)";
  const auto append = [&](const std::vector<Member>& members) {
    for (const auto& member : members) {
      out += ',';
      out += member.name;
      AppendJsonValue(out, instance.at(member.property), cls.properties()[member.property].type);
    }
  };
  append(layout.members);
  out += ',';
  out += layout.genus_to_dynasty;
  const auto path = cim::PathOf(instance);
  out += ",\"__RELPATH\":";
  path ? AppendJsonText(out, path->Relative()) : static_cast<void>(out += "null");
  out += ',';
  out += layout.count_to_namespace;
  out += ",\"__PATH\":";
  path ? AppendJsonText(out, cim::At(*path, server_, layout.name_space).Full())
       : static_cast<void>(out += "null");
  append(layout.embedded);
}

void EntityWriter::AppendSelected(std::string& out, const cim::Instance& instance,
                                  const Layout& layout, const Selection& selection,
                                  const View& view) const {
  const auto& cls = instance.cls();
  const auto add_system = [&](const SystemProperty& property) {
    if (!selection.HasSystem(property.name)) return;
    fmt::format_to(std::back_inserter(out), "\"{}\":", property.name);
    AppendSystem(out, property.name, instance, layout, view);
    out += ',';
  };
  const auto add = [&](const std::vector<Member>& members) {
    for (const auto& member : members) {
      if (!selection.Has(member.property)) continue;
      out += member.name;
      AppendJsonValue(out, instance.at(member.property), cls.properties()[member.property].type);
      out += ',';
    }
  };
  for (std::size_t i = 0; i < kLeadingSystemProperties; ++i) add_system(kSystemProperties[i]);
  add(layout.members);
  for (std::size_t i = kLeadingSystemProperties; i < kSystemProperties.size(); ++i) {
    add_system(kSystemProperties[i]);
  }
  add(layout.embedded);
  if (out.ends_with(',')) out.pop_back();
}

void EntityWriter::AppendSystem(std::string& out, std::string_view name,
                                const cim::Instance& instance, const Layout& layout,
                                const View& view) const {
  const auto& cls = instance.cls();
  const auto path = cim::PathOf(instance);
  if (name == "__LAZYPROPERTIES") {
    out += layout.lazy;
  } else if (name == "__QUALIFIER_SECURITYVERBS") {
    out += view.by_key ? "-1" : "null";
  } else if (name == "__GENUS") {
    out += '2';
  } else if (name == "__CLASS") {
    AppendJsonText(out, cls.name());
  } else if (name == "__SUPERCLASS" && cls.superclass() != nullptr) {
    AppendJsonText(out, cls.superclass()->name());
  } else if (name == "__DYNASTY") {
    AppendJsonText(out, cls.Dynasty());
  } else if (name == "__RELPATH" && path) {
    AppendJsonText(out, path->Relative());
  } else if (name == "__PROPERTY_COUNT") {
    out += std::to_string(cls.properties().size());
  } else if (name == "__DERIVATION") {
    out += layout.derivation;
  } else if (name == "__SERVER") {
    AppendJsonText(out, server_);
  } else if (name == "__NAMESPACE") {
    AppendJsonText(out, layout.name_space);
  } else if (name == "__PATH" && path) {
    AppendJsonText(out, cim::At(*path, server_, layout.name_space).Full());
  } else {
    out += "null";
  }
}

}  // namespace ww::adminservice
