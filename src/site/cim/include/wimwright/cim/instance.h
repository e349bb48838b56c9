// An object: a class and a value for each of its properties.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/result.h"
#include "wimwright/cim/schema.h"
#include "wimwright/cim/value.h"

namespace ww::cim {

// Also what method parameters and rows of joins travel in (classes __PARAMETERS and __Generic).
// A value type; embedded objects are shared and never change.
//
// Each property is "set" or not. A client's instance has those set that the client sent: a Put
// leaves the others alone (sms-provider-behaviour.md 2.2). An instance of a query has those set
// that the query selected.
class Instance {
 public:
  // All properties null and not set.
  explicit Instance(ClassPtr cls);
  // As SpawnInstance: defaults of the class are present, but not set.
  static Instance Spawn(ClassPtr cls);

  const ClassDeclaration& cls() const { return *cls_; }
  const ClassPtr& class_ptr() const { return cls_; }

  std::size_t size() const { return values_.size(); }
  const Value& at(std::size_t index) const { return values_[index]; }
  bool is_set(std::size_t index) const { return set_[index]; }

  // Null when the class has no such property.
  const Value* Find(std::string_view name) const;
  // The value, or null's Value when there is no such property: for code that names a property of
  // its own class.
  const Value& operator[](std::string_view name) const;
  bool IsSet(std::string_view name) const;

  // Coerces to the declared type and marks as set. kInvalidProperty for an unknown name.
  Status Set(std::string_view name, const Value& value);
  Status Set(std::size_t index, const Value& value);
  // For values that are known to have the declared type (database, handlers).
  void SetRaw(std::size_t index, Value value);
  // For code that names a property of its own class; a wrong name is our own bug and is ignored
  // in release builds.
  void SetRaw(std::string_view name, Value value);
  void Unset(std::size_t index);  // null and not set

  friend bool operator==(const Instance& a, const Instance& b);  // class and values, not "set"

 private:
  ClassPtr cls_;
  std::vector<Value> values_;
  std::vector<bool> set_;
};

// Checks what the qualifiers demand of the properties that are set: SizeLimit, Range, max,
// not_null, enumeration of embedded values is not checked (real sites hold values outside it).
// Error: ProviderCode::kBadValue and the property's name.
Status CheckConstraints(const Instance& instance);

// COUNT(*): a __Generic with uint32 Count.
ClassPtr CountClass();
Instance MakeCount(std::uint64_t count);

}  // namespace ww::cim
