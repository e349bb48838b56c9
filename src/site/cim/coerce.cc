#include "wimwright/cim/coerce.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <memory>

#include "wimwright/base/text.h"
#include "wimwright/cim/instance.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

std::string Shown(const Value& value) {
  std::string text = ToText(value);
  constexpr std::size_t kMost = 64;
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

tl::unexpected<Error> Mismatch(const Value& value, const TypeSpec& type) {
  return Fail(WbemError(WbemStatus::kTypeMismatch,
                        fmt::format("'{}' is not of type {}", Shown(value), ToString(type))));
}
tl::unexpected<Error> OutOfRange(const Value& value, const TypeSpec& type) {
  return Fail(WbemError(WbemStatus::kInvalidParameter,
                        fmt::format("{} does not fit {}", Shown(value), ToString(type))));
}

int BitsOf(CimType type) {
  switch (type) {
    case CimType::kSint8:
    case CimType::kUint8:
      return 8;
    case CimType::kSint16:
    case CimType::kUint16:
    case CimType::kChar16:
      return 16;
    case CimType::kSint32:
    case CimType::kUint32:
      return 32;
    default:
      return 64;
  }
}

// A number that is either negative or not.
struct Wide {
  bool negative = false;
  std::uint64_t magnitude = 0;
};

Result<Value> FitInteger(const Wide& number, const Value& original, const TypeSpec& type) {
  const auto range = RangeOf(type.type);
  if (number.negative && number.magnitude != 0) {
    const std::uint64_t most = static_cast<std::uint64_t>(-(range.min + 1)) + 1;
    if (range.min == 0 || number.magnitude > most) return OutOfRange(original, type);
    return Value::Int(static_cast<std::int64_t>(0 - number.magnitude));
  }
  if (number.magnitude > range.max) return OutOfRange(original, type);
  if (IsSigned(type.type)) return Value::Int(static_cast<std::int64_t>(number.magnitude));
  return Value::Uint(number.magnitude);
}

Result<Value> IntegerFromText(std::string_view text, const Value& original, const TypeSpec& type) {
  text = Trim(text);
  Wide number;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    number.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const bool hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  if (hex) text.remove_prefix(2);
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number.magnitude, hex ? 16 : 10);
  if (text.empty() || parsed.ptr != end || parsed.ec == std::errc::invalid_argument) {
    return Mismatch(original, type);
  }
  if (parsed.ec != std::errc()) return OutOfRange(original, type);
  if (hex && !number.negative && IsSigned(type.type) && number.magnitude > RangeOf(type.type).max) {
    // Error codes are written as 0x80070005 and stored in signed properties.
    const int bits = BitsOf(type.type);
    if (bits < 64 && (number.magnitude >> bits) != 0) return OutOfRange(original, type);
    const int shift = 64 - bits;
    return Value::Int(static_cast<std::int64_t>(number.magnitude << shift) >> shift);
  }
  return FitInteger(number, original, type);
}

Result<Value> ToInteger(const Value& value, const TypeSpec& type) {
  if (const auto* flag = value.AsBool()) return FitInteger({false, *flag ? 1U : 0U}, value, type);
  if (const auto u = value.AsUint()) return FitInteger({false, *u}, value, type);
  if (const auto i = value.AsInt()) {
    return FitInteger({true, 0 - static_cast<std::uint64_t>(*i)}, value, type);
  }
  if (const auto* real = value.AsReal()) {
    constexpr double kLimit = 18446744073709551616.0;  // 2^64
    if (!std::isfinite(*real) || std::trunc(*real) != *real) return Mismatch(value, type);
    if (std::fabs(*real) >= kLimit) return OutOfRange(value, type);
    return FitInteger({*real < 0, static_cast<std::uint64_t>(std::fabs(*real))}, value, type);
  }
  if (const auto* text = value.AsString()) return IntegerFromText(*text, value, type);
  return Mismatch(value, type);
}

Result<Value> ToReal(const Value& value, const TypeSpec& type) {
  if (const auto* real = value.AsReal()) return Value::Real(*real);
  if (const auto* flag = value.AsBool()) return Value::Real(*flag ? 1 : 0);
  if (const auto u = value.AsUint()) return Value::Real(static_cast<double>(*u));
  if (const auto i = value.AsInt()) return Value::Real(static_cast<double>(*i));
  if (const auto* text = value.AsString()) {
    const auto trimmed = Trim(*text);
    double number = 0;
    const char* const end = trimmed.data() + trimmed.size();
    const auto parsed = std::from_chars(trimmed.data(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end) return Value::Real(number);
  }
  return Mismatch(value, type);
}

Result<Value> ToBoolean(const Value& value, const TypeSpec& type) {
  if (const auto* flag = value.AsBool()) return Value::Bool(*flag);
  if (const auto u = value.AsUint()) return Value::Bool(*u != 0);
  if (const auto i = value.AsInt()) return Value::Bool(*i != 0);
  if (const auto* real = value.AsReal()) return Value::Bool(*real != 0);
  if (const auto* text = value.AsString()) {
    const auto word = Trim(*text);
    if (word.empty() || SameName(word, "false") || SameName(word, "no")) return Value::Bool(false);
    if (SameName(word, "true") || SameName(word, "yes")) return Value::Bool(true);
    const auto number = IntegerFromText(word, value, {CimType::kSint64, false, {}});
    if (number) return Value::Bool(*number->AsInt() != 0);
  }
  return Mismatch(value, type);
}

Result<Value> ToDate(const Value& value, const TypeSpec& type) {
  if (value.AsDate() != nullptr) return value;
  if (const auto* text = value.AsString()) {
    auto date = DateTime::ParseAny(*text);
    if (!date) {
      return Fail(WbemError(WbemStatus::kTypeMismatch, date.error().message));
    }
    return Value::Date(*date);
  }
  return Mismatch(value, type);
}

Result<Value> CoerceScalar(const Value& value, const TypeSpec& type) {
  if (value.is_null()) return Value();
  if (value.is_array()) return Mismatch(value, type);
  if (type.type == CimType::kObject) {
    const auto* object = value.AsObject();
    if (object == nullptr) return Mismatch(value, type);
    if (!type.class_name.empty() && !object->cls().IsA(type.class_name)) {
      return Fail(WbemError(
          WbemStatus::kTypeMismatch,
          fmt::format("an object of class {} is not a {}", object->cls().name(), type.class_name)));
    }
    return value;
  }
  if (value.AsObject() != nullptr) return Mismatch(value, type);
  if (IsInteger(type.type)) return ToInteger(value, type);
  if (IsReal(type.type)) return ToReal(value, type);
  switch (type.type) {
    case CimType::kBoolean:
      return ToBoolean(value, type);
    case CimType::kDatetime:
      return ToDate(value, type);
    default:
      if (value.AsString() != nullptr) return value;
      return Value::String(ToText(value));
  }
}

}  // namespace

IntegerRange RangeOf(CimType integer) {
  const int bits = BitsOf(integer);
  if (IsSigned(integer)) {
    const std::int64_t max = INT64_MAX >> (64 - bits);
    return {-max - 1, static_cast<std::uint64_t>(max)};
  }
  return {0, UINT64_MAX >> (64 - bits)};
}

Result<Value> Coerce(const Value& value, const TypeSpec& type) {
  if (value.is_null() || !type.array) return CoerceScalar(value, type);
  Value::Array out;
  if (const auto* elements = value.AsArray()) {
    out.reserve(elements->size());
    for (const auto& element : *elements) {
      WW_TRY(auto made, CoerceScalar(element, type), fmt::format("element {}", out.size()));
      out.push_back(std::move(made));
    }
  } else {
    WW_TRY(auto made, CoerceScalar(value, type), "as an array of one");
    out.push_back(std::move(made));
  }
  return Value::Of(std::move(out));
}

}  // namespace ww::cim
