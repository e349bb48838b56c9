// One value of a property or parameter: null, a scalar, a date, an embedded object, or an array.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wimwright/base/result.h"
#include "wimwright/cim/datetime.h"

namespace ww::cim {

class Instance;
using InstancePtr = std::shared_ptr<const Instance>;

// Numbers are WMI's CIMTYPE.
enum class CimType : std::uint16_t {
  kSint16 = 2,
  kSint32 = 3,
  kReal32 = 4,
  kReal64 = 5,
  kString = 8,
  kBoolean = 11,
  kObject = 13,
  kSint8 = 16,
  kUint8 = 17,
  kUint16 = 18,
  kUint32 = 19,
  kSint64 = 20,
  kUint64 = 21,
  kDatetime = 101,
  kReference = 102,  // text of an object path
  kChar16 = 103,
};

// "uint32"; kObject is "object", kReference "ref".
std::string_view CimTypeName(CimType type);
std::optional<CimType> ParseCimType(std::string_view name);
bool IsSigned(CimType type);    // sint8 to sint64
bool IsUnsigned(CimType type);  // uint8 to uint64, char16
bool IsInteger(CimType type);
bool IsReal(CimType type);

struct TypeSpec {
  CimType type = CimType::kString;
  bool array = false;
  std::string class_name;  // of kObject and kReference

  friend bool operator==(const TypeSpec&, const TypeSpec&) = default;
};
std::string ToString(const TypeSpec& type);  // "uint32[]", "SMS_ScheduleToken[]", "X ref"

// The declared type is not repeated here: whoever holds a value holds the declaration too. What
// came through Coerce() has exactly one form for each type: signed integers int64_t, unsigned ones
// and char16 uint64_t, reals double, references std::string.
class Value {
 public:
  using Array = std::vector<Value>;
  enum class Kind { kNull, kBool, kInt, kUint, kReal, kString, kDateTime, kObject, kArray };

  Value() = default;  // null
  static Value Bool(bool v) { return {Is<bool>(), v}; }
  static Value Int(std::int64_t v) { return {Is<std::int64_t>(), v}; }
  static Value Uint(std::uint64_t v) { return {Is<std::uint64_t>(), v}; }
  static Value Real(double v) { return {Is<double>(), v}; }
  static Value String(std::string v) { return {Is<std::string>(), std::move(v)}; }
  static Value Date(DateTime v) { return {Is<DateTime>(), v}; }
  static Value Date(TimePoint instant) { return Date(DateTime::FromUtc(instant)); }
  static Value Object(InstancePtr v);  // a null pointer is null
  static Value Of(Array v) { return {Is<Boxed>(), Boxed{std::move(v)}}; }
  static Value Strings(std::initializer_list<std::string_view> v);

  Kind kind() const { return static_cast<Kind>(storage_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_array() const { return kind() == Kind::kArray; }

  // Pointers are null when the value is of another kind.
  const bool* AsBool() const { return std::get_if<bool>(&storage_); }
  const double* AsReal() const { return std::get_if<double>(&storage_); }
  const std::string* AsString() const { return std::get_if<std::string>(&storage_); }
  const DateTime* AsDate() const { return std::get_if<DateTime>(&storage_); }
  const Array* AsArray() const {
    const auto* boxed = std::get_if<Boxed>(&storage_);
    return boxed == nullptr ? nullptr : &boxed->elements;
  }
  Array* AsArray() {
    auto* boxed = std::get_if<Boxed>(&storage_);
    return boxed == nullptr ? nullptr : &boxed->elements;
  }
  const Instance* AsObject() const;
  InstancePtr AsObjectPtr() const;
  // Any integer kind that fits.
  std::optional<std::int64_t> AsInt() const;
  std::optional<std::uint64_t> AsUint() const;

  // Convenience for handlers, after coercion: the value, or what stands for "not given".
  bool BoolOr(bool fallback) const;
  std::int64_t IntOr(std::int64_t fallback) const;
  std::uint64_t UintOr(std::uint64_t fallback) const;
  std::string TextOr(std::string_view fallback) const;

  // Deep; strings with case, dates by identity, objects by class and all values; integers by
  // number, whatever their kind.
  friend bool operator==(const Value& a, const Value& b);

 private:
  // libstdc++ 12 takes a variant of nothing but scalars, strings, vectors and shared pointers for
  // one that is never without a value, and then destroys one whose copy constructor ran out of
  // memory. A type of our own among the alternatives keeps it honest (allocation_test.cc).
  struct Boxed {
    Array elements;
    friend bool operator==(const Boxed& a, const Boxed& b) { return a.elements == b.elements; }
  };
  using Storage = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double,
                               std::string, DateTime, InstancePtr, Boxed>;
  template <typename T>
  using Is = std::in_place_type_t<T>;
  // In place: gcc 12 warns about moving the alternatives that are not there.
  template <typename T>
  Value(Is<T> alternative, T v) : storage_(alternative, std::move(v)) {}
  Storage storage_;
};

// The text that logs, paths and LIKE see: 42, TRUE, the string itself, DMTF dates, "{a,b}";
// "NULL" for null, the class name for objects.
std::string ToText(const Value& value);

// The order of ORDER BY and of comparisons: null first, numbers by number, strings without regard
// to case, dates as Compare(DateTime). Nothing when the two kinds have no order between them.
std::optional<std::weak_ordering> Compare(const Value& a, const Value& b);

// Strings without regard to case: simple folding of Latin, Greek and Cyrillic letters.
std::weak_ordering CompareText(std::string_view a, std::string_view b);

}  // namespace ww::cim
