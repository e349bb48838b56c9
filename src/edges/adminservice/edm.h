// The schema in OData's terms: what $metadata and the OpenAPI document agree on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wimwright/cim/schema.h"

namespace ww::adminservice {

// "Edm.Int64", "AdminService.SMS_ScheduleToken"; uint8[] is Edm.Binary (admin-service.md 4).
std::string EdmElementType(const cim::TypeSpec& type);  // of one element
std::string EdmType(const cim::TypeSpec& type);         // "Collection(...)" for other arrays
bool IsCollection(const cim::TypeSpec& type);

enum class Shape {
  kComplex,  // lives inside others: embedded classes, and those without key that parameters carry
  kEntity,   // has objects of its own, or methods
};

// How each class of a schema appears. `schema` outlives it.
class EdmModel {
 public:
  explicit EdmModel(const cim::Schema& schema);

  struct Class {
    cim::ClassPtr cls;
    Shape shape;
    bool in_service;  // a set clients may ask for: not for complex types and system classes
  };
  const std::vector<Class>& classes() const { return classes_; }  // sorted by name

 private:
  std::vector<Class> classes_;
};

// "SMS_X_Method_Result": the type of what a method answers.
std::string ResultTypeName(const cim::ClassDeclaration& cls, const cim::MethodDeclaration& method);
bool HasInput(const cim::MethodDeclaration& method);
// Properties by name: the order in which $metadata lists them.
std::vector<const cim::PropertyDeclaration*> SortedProperties(const cim::ClassDeclaration& cls);

}  // namespace ww::adminservice
