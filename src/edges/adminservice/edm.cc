#include "edm.h"

#include <algorithm>
#include <set>

#include "wimwright/cim/names.h"

namespace ww::adminservice {
namespace {

using cim::CimType;

void AddReferenced(std::set<std::string>& names, const cim::TypeSpec& type) {
  if (type.type == CimType::kObject) names.insert(type.class_name);
}

}  // namespace

std::string EdmElementType(const cim::TypeSpec& type) {
  switch (type.type) {
    case CimType::kBoolean:
      return "Edm.Boolean";
    case CimType::kSint8:
      return "Edm.SByte";
    case CimType::kUint8:
      return type.array ? "Edm.Binary" : "Edm.Byte";
    case CimType::kSint16:
      return "Edm.Int16";
    case CimType::kUint16:
    case CimType::kChar16:
    case CimType::kSint32:
      return "Edm.Int32";
    case CimType::kUint32:
    case CimType::kSint64:
    case CimType::kUint64:
      return "Edm.Int64";
    case CimType::kReal32:
      return "Edm.Single";
    case CimType::kReal64:
      return "Edm.Double";
    case CimType::kDatetime:
      return "Edm.DateTimeOffset";
    case CimType::kObject:
      return type.class_name.empty() ? "Edm.Untyped" : "AdminService." + type.class_name;
    case CimType::kString:
    case CimType::kReference:
      break;
  }
  return "Edm.String";
}

bool IsCollection(const cim::TypeSpec& type) { return type.array && type.type != CimType::kUint8; }

std::string EdmType(const cim::TypeSpec& type) {
  const auto element = EdmElementType(type);
  return IsCollection(type) ? "Collection(" + element + ")" : element;
}

EdmModel::EdmModel(const cim::Schema& schema) {
  std::set<std::string> referenced;
  for (const auto& cls : schema.classes()) {
    for (const auto& property : cls->properties()) AddReferenced(referenced, property.type);
    for (const auto& method : cls->methods()) {
      for (const auto& parameter : method.parameters) AddReferenced(referenced, parameter.type);
    }
  }
  for (const auto& cls : schema.classes()) {
    const bool complex = cls->embedded() || (cls->keys().empty() && !cls->abstract() &&
                                             referenced.contains(cls->name()));
    classes_.push_back({cls, complex ? Shape::kComplex : Shape::kEntity,
                        !complex && !cls->name().starts_with("__")});
  }
  std::sort(classes_.begin(), classes_.end(), [](const Class& a, const Class& b) {
    return cim::NameLess(a.cls->name(), b.cls->name());
  });
}

std::string ResultTypeName(const cim::ClassDeclaration& cls, const cim::MethodDeclaration& method) {
  return cls.name() + "_" + method.name + "_Result";
}

bool HasInput(const cim::MethodDeclaration& method) {
  return std::any_of(method.parameters.begin(), method.parameters.end(),
                     [](const cim::ParameterDeclaration& parameter) { return parameter.in; });
}

std::vector<const cim::PropertyDeclaration*> SortedProperties(const cim::ClassDeclaration& cls) {
  std::vector<const cim::PropertyDeclaration*> out;
  for (const auto& property : cls.properties()) out.push_back(&property);
  std::sort(out.begin(), out.end(),
            [](const auto* a, const auto* b) { return cim::NameLess(a->name, b->name); });
  return out;
}

}  // namespace ww::adminservice
