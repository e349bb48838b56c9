// Declarations of classes, properties, qualifiers and methods, and the set of all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wimwright/base/result.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/value.h"

namespace ww::cim {

// `key`, `SizeLimit("512")`, `Values{"a", "b"}`. A qualifier without a value is TRUE.
struct Qualifier {
  std::string name;  // as written in the MOF
  Value value;
};

// Names without regard to case; order as declared.
class QualifierSet {
 public:
  const Qualifier* Find(std::string_view name) const;
  // Present and not FALSE.
  bool Has(std::string_view name) const;
  // Text of a scalar qualifier; empty when absent.
  std::string Text(std::string_view name) const;
  std::optional<std::int64_t> Number(std::string_view name) const;
  // Strings of an array qualifier (a single value counts as one).
  std::vector<std::string> Texts(std::string_view name) const;
  // Replaces one of the same name.
  void Set(Qualifier qualifier);
  std::span<const Qualifier> all() const { return qualifiers_; }

 private:
  std::vector<Qualifier> qualifiers_;
};

// ValueMap and Values, or BitMap and BitValues, as pairs.
struct NamedValue {
  std::int64_t value;  // for bits: the mask, not the bit's number
  std::string name;
};

struct PropertyDeclaration {
  std::string name;
  TypeSpec type;
  QualifierSet qualifiers;  // including those inherited from an overridden declaration
  Value default_value;      // coerced to `type`; null when there is none
  std::string origin;       // name of the class that declared it first

  // From the qualifiers (sms-provider-behaviour.md 6).
  bool key = false;
  bool read_only = false;
  bool lazy = false;  // null in results of queries, present when fetched by path
  bool large = false;
  bool not_null = false;
  bool unique = false;
  bool fixed = false;                                          // the class fixes the default
  std::optional<std::uint32_t> min_size, max_size;             // SizeLimit: UTF-16 units of text
  std::optional<std::uint32_t> max_items;                      // max, of arrays
  std::optional<std::pair<std::int64_t, std::int64_t>> range;  // Range
  std::vector<NamedValue> values;                              // enumeration or bits
  bool bits = false;                                           // `values` are masks
};

struct ParameterDeclaration {
  std::string name;
  TypeSpec type;
  QualifierSet qualifiers;
  bool in = false;
  bool out = false;
  bool optional = false;
  int id = 0;  // position among the parameters: the `id` qualifier, else the order of declaration
};

class ClassDeclaration;
using ClassPtr = std::shared_ptr<const ClassDeclaration>;

struct MethodDeclaration {
  std::string name;
  TypeSpec return_type;
  bool returns_void = false;
  bool is_static = false;
  QualifierSet qualifiers;
  std::vector<ParameterDeclaration> parameters;  // by id
  std::string origin;
  // Classes named __PARAMETERS whose properties are the in parameters by id, and ReturnValue
  // followed by the out parameters. Instances of them travel through Provider::Invoke.
  ClassPtr in_class;
  ClassPtr out_class;

  const ParameterDeclaration* FindParameter(std::string_view parameter) const;
};

// Immutable once built. Properties are ordered: inherited ones first, in the superclass's order.
// So the index of a property in a class is its index in every class derived from it.
class ClassDeclaration {
 public:
  const std::string& name() const { return name_; }
  const ClassDeclaration* superclass() const { return superclass_.get(); }  // null at the root
  const QualifierSet& qualifiers() const { return qualifiers_; }
  // "" for the site's namespace, else for instance "root\sms" (SMS_ProviderLocation).
  const std::string& name_space() const { return name_space_; }

  bool abstract() const { return abstract_; }
  bool embedded() const { return embedded_; }  // lives only inside others
  bool association() const { return association_; }
  bool singleton() const { return singleton_; }
  bool secured() const { return secured_; }
  // No Put and no Delete (class qualifier Read).
  bool read_only() const { return read_only_; }

  std::span<const PropertyDeclaration> properties() const { return properties_; }
  std::optional<std::size_t> FindProperty(std::string_view name) const;
  const PropertyDeclaration* Property(std::string_view name) const;
  // Indices of the keys, sorted by name: the order of canonical paths.
  std::span<const std::size_t> keys() const { return keys_; }

  std::span<const MethodDeclaration> methods() const { return methods_; }  // inherited first
  const MethodDeclaration* FindMethod(std::string_view name) const;

  // True for the class itself.
  bool IsA(std::string_view class_name) const;
  bool IsA(const ClassDeclaration& other) const;
  // __DERIVATION: superclass, its superclass ... root.
  std::vector<std::string> Derivation() const;
  // __DYNASTY: the root of the derivation (the class itself at the root).
  const std::string& Dynasty() const;

 private:
  friend class ClassBuilder;
  std::string name_;
  ClassPtr superclass_;
  QualifierSet qualifiers_;
  std::string name_space_;
  bool abstract_ = false, embedded_ = false, association_ = false, singleton_ = false,
       secured_ = false, read_only_ = false;
  std::vector<PropertyDeclaration> properties_;
  std::vector<std::size_t> keys_;
  std::vector<MethodDeclaration> methods_;
  NameMap<std::size_t> property_index_;
  NameMap<std::size_t> method_index_;
};

// Makes one class. For the schema, for __PARAMETERS and __Generic, and for tests.
class ClassBuilder {
 public:
  explicit ClassBuilder(std::string name);
  ClassBuilder& Superclass(ClassPtr superclass);
  ClassBuilder& Namespace(std::string name_space);
  ClassBuilder& Qualify(Qualifier qualifier);
  // An override keeps its place and inherits qualifiers it does not replace.
  ClassBuilder& Property(PropertyDeclaration property);
  ClassBuilder& Property(std::string name, TypeSpec type);
  ClassBuilder& Method(MethodDeclaration method);
  // kInvalidClass: names that are no identifiers, duplicates, an override of another type, default
  // values that do not fit the type, malformed qualifiers, over a cap (1024 properties, 256
  // methods, 64 parameters, 32 keys).
  Result<ClassPtr> Build() &&;

 private:
  std::shared_ptr<ClassDeclaration> made_;
  std::vector<PropertyDeclaration> own_properties_;
  std::vector<MethodDeclaration> own_methods_;
};

// Immutable and safe from any number of threads.
class Schema {
 public:
  // Classes in an order in which superclasses come first.
  static Result<Schema> Make(std::vector<ClassPtr> classes);

  ClassPtr Find(std::string_view name) const;  // null when unknown
  // kInvalidClass with the name.
  Result<ClassPtr> Get(std::string_view name) const;
  std::span<const ClassPtr> classes() const { return classes_; }
  // Direct subclasses, or all below; sorted by name.
  std::vector<ClassPtr> Subclasses(std::string_view name, bool deep) const;
  // The class and all below that can have instances of their own.
  std::vector<ClassPtr> ConcreteClasses(std::string_view name) const;

 private:
  std::vector<ClassPtr> classes_;
  NameMap<std::size_t> index_;
  std::vector<std::vector<std::size_t>> children_;
};

// The classes of schema/*.mof, which are part of the program. Parses them anew on each call (some
// milliseconds): `main` calls it once and hands the result on.
Result<Schema> LoadBuiltInSchema();

}  // namespace ww::cim
