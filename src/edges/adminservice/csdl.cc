#include "csdl.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "system_properties.h"

namespace ww::adminservice {
namespace {

class Writer {
 public:
  Writer(const EdmModel& model, CsdlForm form)
      : model_(model), strict_(form == CsdlForm::kStrict) {}

  std::string Write() {
    out_ =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\n"
        "<edmx:DataServices>\n"
        "<Schema Namespace=\"AdminService\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\n";
    for (const auto& c : model_.classes()) {
      c.shape == Shape::kComplex ? Complex(*c.cls) : Entity(*c.cls);
    }
    for (const auto& c : model_.classes()) {
      for (const auto& method : c.cls->methods()) Method(*c.cls, method);
    }
    Container();
    out_ += "</Schema>\n</edmx:DataServices>\n</edmx:Edmx>\n";
    return std::move(out_);
  }

 private:
  template <typename... A>
  void Add(fmt::format_string<A...> format, A&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<A>(args)...);
  }

  // Names are identifiers (cim::IsIdentifier): nothing to escape in this document.
  void Property(std::string_view name, const cim::TypeSpec& type, bool required) {
    const bool never_null = required || (strict_ && IsCollection(type));
    Add("<Property Name=\"{}\" Type=\"{}\"{}/>\n", name, EdmType(type),
        never_null ? " Nullable=\"false\"" : "");
  }

  void Complex(const cim::ClassDeclaration& cls) {
    const auto* super = cls.superclass();
    const bool derived = super != nullptr && super->embedded();
    Add("<ComplexType Name=\"{}\"", cls.name());
    if (derived) Add(" BaseType=\"AdminService.{}\"", super->name());
    if (cls.abstract()) Add(" Abstract=\"true\"");
    out_ += ">\n";
    for (const auto* property : SortedProperties(cls)) {
      if (derived && super->Property(property->name) != nullptr) continue;
      Property(property->name, property->type, property->not_null);
    }
    out_ += "</ComplexType>\n";
  }

  void Entity(const cim::ClassDeclaration& cls) {
    Add("<EntityType Name=\"{}\"{}>\n", cls.name(),
        // Abstract classes whose sets answer objects of subclasses have keys and stay concrete.
        cls.keys().empty() && (strict_ || cls.abstract()) ? " Abstract=\"true\"" : "");
    if (!cls.keys().empty()) {
      out_ += "<Key>\n";
      for (const auto key : cls.keys()) {
        Add("<PropertyRef Name=\"{}\"/>\n", cls.properties()[key].name);
      }
      out_ += "</Key>\n";
    }
    for (const auto& property : kSystemProperties) {
      const bool collection = property.edm_type.starts_with("Collection(");
      Add("<Property Name=\"{}\" Type=\"{}\"{}/>\n", property.name, property.edm_type,
          strict_ && collection ? " Nullable=\"false\"" : "");
    }
    for (const auto* property : SortedProperties(cls)) {
      Property(property->name, property->type, property->key || property->not_null);
    }
    out_ += "</EntityType>\n";
  }

  void Method(const cim::ClassDeclaration& cls, const cim::MethodDeclaration& method) {
    const auto result = ResultTypeName(cls, method);
    Add("<ComplexType Name=\"{}\">\n", result);
    for (const auto& property : method.out_class->properties()) {
      Property(property.name, property.type, false);
    }
    out_ += "</ComplexType>\n";
    if (method.is_static) {
      Add("<Action Name=\"{}\">\n", StaticName(cls, method));
    } else {
      Add("<Action Name=\"{}\" IsBound=\"true\">\n", method.name);
      Add("<Parameter Name=\"bindingParameter\" Type=\"AdminService.{}\"{}/>\n", cls.name(),
          strict_ ? " Nullable=\"false\"" : "");
    }
    for (const auto& parameter : method.parameters) {
      if (!parameter.in) continue;
      const bool never_null = strict_ && IsCollection(parameter.type);
      Add("<Parameter Name=\"{}\" Type=\"{}\"{}/>\n", parameter.name, EdmType(parameter.type),
          never_null ? " Nullable=\"false\"" : "");
    }
    Add("<ReturnType Type=\"AdminService.{}\"{}/>\n</Action>\n", result,
        strict_ ? " Nullable=\"false\"" : "");
  }

  std::string StaticName(const cim::ClassDeclaration& cls,
                         const cim::MethodDeclaration& method) const {
    return cls.name() + (strict_ ? "_" : ".") + method.name;
  }

  void Container() {
    out_ += "<EntityContainer Name=\"Container\">\n";
    for (const auto& c : model_.classes()) {
      if (!c.in_service || (strict_ && c.cls->keys().empty())) continue;
      Add("<EntitySet Name=\"{0}\" EntityType=\"AdminService.{0}\"/>\n", c.cls->name());
    }
    for (const auto& c : model_.classes()) {
      for (const auto& method : c.cls->methods()) {
        if (!method.is_static) continue;
        Add("<ActionImport Name=\"{0}\" Action=\"AdminService.{0}\"/>\n",
            StaticName(*c.cls, method));
      }
    }
    out_ += "</EntityContainer>\n";
  }

  const EdmModel& model_;
  bool strict_;
  std::string out_;
};

}  // namespace

std::string MakeCsdl(const EdmModel& model, CsdlForm form) { return Writer(model, form).Write(); }

}  // namespace ww::adminservice
