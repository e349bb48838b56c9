#include "wimwright/cim/value.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "wimwright/base/text.h"
#include "wimwright/cim/instance.h"
#include "wimwright/cim/names.h"

namespace ww::cim {
namespace {

constexpr std::array<std::pair<CimType, std::string_view>, 16> kTypeNames = {{
    {CimType::kSint8, "sint8"},
    {CimType::kUint8, "uint8"},
    {CimType::kSint16, "sint16"},
    {CimType::kUint16, "uint16"},
    {CimType::kSint32, "sint32"},
    {CimType::kUint32, "uint32"},
    {CimType::kSint64, "sint64"},
    {CimType::kUint64, "uint64"},
    {CimType::kReal32, "real32"},
    {CimType::kReal64, "real64"},
    {CimType::kString, "string"},
    {CimType::kBoolean, "boolean"},
    {CimType::kDatetime, "datetime"},
    {CimType::kChar16, "char16"},
    {CimType::kObject, "object"},
    {CimType::kReference, "ref"},
}};

constexpr bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// Orders a number of any kind against another; nothing for NaN.
std::optional<std::weak_ordering> CompareNumbers(const Value& a, const Value& b) {
  const auto real = [](const Value& v) -> std::optional<long double> {
    if (const auto* r = v.AsReal()) {
      if (std::isnan(*r)) return std::nullopt;
      return static_cast<long double>(*r);
    }
    if (const auto* flag = v.AsBool()) return *flag ? 1.0L : 0.0L;
    if (const auto i = v.AsInt()) return static_cast<long double>(*i);
    if (const auto u = v.AsUint()) return static_cast<long double>(*u);
    return std::nullopt;
  };
  // long double holds every 64-bit integer on x86; elsewhere integers are compared as such first.
  const auto ai = a.AsInt(), bi = b.AsInt();
  if (ai && bi) return *ai <=> *bi;
  const auto au = a.AsUint(), bu = b.AsUint();
  if (au && bu) return *au <=> *bu;
  const auto x = real(a), y = real(b);
  if (!x || !y) return std::nullopt;
  return *x < *y   ? std::weak_ordering::less
         : *x > *y ? std::weak_ordering::greater
                   : std::weak_ordering::equivalent;
}

bool IsNumber(const Value& v) {
  switch (v.kind()) {
    case Value::Kind::kBool:
    case Value::Kind::kInt:
    case Value::Kind::kUint:
    case Value::Kind::kReal:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string_view CimTypeName(CimType type) {
  for (const auto& [value, name] : kTypeNames) {
    if (value == type) return name;
  }
  return "unknown";
}

std::optional<CimType> ParseCimType(std::string_view name) {
  for (const auto& [value, text] : kTypeNames) {
    if (value != CimType::kObject && value != CimType::kReference && SameName(text, name)) {
      return value;
    }
  }
  return std::nullopt;
}

bool IsSigned(CimType type) {
  return type == CimType::kSint8 || type == CimType::kSint16 || type == CimType::kSint32 ||
         type == CimType::kSint64;
}
bool IsUnsigned(CimType type) {
  return type == CimType::kUint8 || type == CimType::kUint16 || type == CimType::kUint32 ||
         type == CimType::kUint64 || type == CimType::kChar16;
}
bool IsInteger(CimType type) { return IsSigned(type) || IsUnsigned(type); }
bool IsReal(CimType type) { return type == CimType::kReal32 || type == CimType::kReal64; }

std::string ToString(const TypeSpec& type) {
  std::string out = type.class_name.empty() ? std::string(CimTypeName(type.type)) : type.class_name;
  if (type.type == CimType::kReference && !type.class_name.empty()) out += " ref";
  if (type.array) out += "[]";
  return out;
}

Value Value::Object(InstancePtr v) {
  if (v == nullptr) return {};
  return {Is<InstancePtr>(), std::move(v)};
}

Value Value::Strings(std::initializer_list<std::string_view> v) {
  Array out;
  for (const auto text : v) out.push_back(String(std::string(text)));
  return Of(std::move(out));
}

const Instance* Value::AsObject() const {
  const auto* p = std::get_if<InstancePtr>(&storage_);
  return p == nullptr ? nullptr : p->get();
}
InstancePtr Value::AsObjectPtr() const {
  const auto* p = std::get_if<InstancePtr>(&storage_);
  return p == nullptr ? nullptr : *p;
}

std::optional<std::int64_t> Value::AsInt() const {
  if (const auto* i = std::get_if<std::int64_t>(&storage_)) return *i;
  if (const auto* u = std::get_if<std::uint64_t>(&storage_); u != nullptr && *u <= INT64_MAX) {
    return static_cast<std::int64_t>(*u);
  }
  return std::nullopt;
}
std::optional<std::uint64_t> Value::AsUint() const {
  if (const auto* u = std::get_if<std::uint64_t>(&storage_)) return *u;
  if (const auto* i = std::get_if<std::int64_t>(&storage_); i != nullptr && *i >= 0) {
    return static_cast<std::uint64_t>(*i);
  }
  return std::nullopt;
}

bool Value::BoolOr(bool fallback) const {
  const auto* v = AsBool();
  return v == nullptr ? fallback : *v;
}
std::int64_t Value::IntOr(std::int64_t fallback) const { return AsInt().value_or(fallback); }
std::uint64_t Value::UintOr(std::uint64_t fallback) const { return AsUint().value_or(fallback); }
std::string Value::TextOr(std::string_view fallback) const {
  const auto* v = AsString();
  return v == nullptr ? std::string(fallback) : *v;
}

bool operator==(const Value& a, const Value& b) {
  if (a.AsInt() && b.AsInt()) return *a.AsInt() == *b.AsInt();
  if (a.AsUint() && b.AsUint()) return *a.AsUint() == *b.AsUint();
  if (a.kind() != b.kind()) return false;
  if (a.kind() == Value::Kind::kObject) return *a.AsObject() == *b.AsObject();
  return a.storage_ == b.storage_;
}

std::string ToText(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return "NULL";
    case Value::Kind::kBool:
      return *value.AsBool() ? "TRUE" : "FALSE";
    case Value::Kind::kInt:
      return fmt::format("{}", *value.AsInt());
    case Value::Kind::kUint:
      return fmt::format("{}", *value.AsUint());
    case Value::Kind::kReal:
      return fmt::format("{}", *value.AsReal());
    case Value::Kind::kString:
      return *value.AsString();
    case Value::Kind::kDateTime:
      return value.AsDate()->ToDmtf();
    case Value::Kind::kObject:
      return value.AsObject()->cls().name();
    case Value::Kind::kArray: {
      std::string out = "{";
      for (const auto& element : *value.AsArray()) {
        if (out.size() > 1) out += ",";
        out += ToText(element);
      }
      return out + "}";
    }
  }
  return {};
}

std::weak_ordering CompareText(std::string_view a, std::string_view b) {
  if (IsAscii(a) && IsAscii(b)) {
    const std::size_t common = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < common; ++i) {
      // Upper case, as FoldCase() makes it, so that '_' sorts the same in both branches.
      const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : int{c}; };
      if (upper(a[i]) != upper(b[i])) return upper(a[i]) <=> upper(b[i]);
    }
    return a.size() <=> b.size();
  }
  return FoldCase(a).compare(FoldCase(b)) <=> 0;
}

std::optional<std::weak_ordering> Compare(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return b.is_null() <=> a.is_null();
  if (IsNumber(a) && IsNumber(b)) return CompareNumbers(a, b);
  if (a.AsString() != nullptr && b.AsString() != nullptr) {
    return CompareText(*a.AsString(), *b.AsString());
  }
  if (a.AsDate() != nullptr && b.AsDate() != nullptr) return Compare(*a.AsDate(), *b.AsDate());
  return std::nullopt;
}

}  // namespace ww::cim
