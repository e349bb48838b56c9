// UPPER, LOWER, SUBSTRING and the functions of dates, on values.
#include "binder.h"
#include "wimwright/base/text.h"
#include "wimwright/cim/coerce.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

// Characters start..start+length of the text, counted from 1 as SQL does; bytes of one character
// stay together.
std::string Substring(std::string_view text, std::int64_t start, std::int64_t length) {
  std::string out;
  std::int64_t index = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80) ++index;
    if (index >= start && index - start < length) out += c;
  }
  return out;
}

Result<DateTime> DateOf(const Value& value) {
  WW_TRY(const auto date, Coerce(value, {CimType::kDatetime, false, {}}), "date function");
  return *date.AsDate();
}

Result<std::int64_t> NumberOf(const Value& value) {
  WW_TRY(const auto number, Coerce(value, {CimType::kSint64, false, {}}), "function");
  return *number.AsInt();
}

}  // namespace

Result<Value> Apply(const BoundExpr& call, const std::vector<const Value*>& arguments) {
  for (const auto* argument : arguments) {
    if (argument->is_null()) return Value();
  }
  switch (call.function) {
    case Function::kUpper:
      return Value::String(FoldCase(ToText(*arguments[0])));
    case Function::kLower:
      return Value::String(ToLowerAscii(ToText(*arguments[0])));
    case Function::kSubstring: {
      WW_TRY(const auto start, NumberOf(*arguments[1]), "SUBSTRING");
      WW_TRY(const auto length, NumberOf(*arguments[2]), "SUBSTRING");
      if (length < 0 || start < -0x7FFFFFFF || start > 0x7FFFFFFF) {
        return Fail(WbemError(WbemStatus::kInvalidQuery, "SUBSTRING: position out of range"));
      }
      return Value::String(Substring(ToText(*arguments[0]), start, length));
    }
    case Function::kDatePart: {
      WW_TRY(const auto date, DateOf(*arguments[0]), "DATEPART");
      return Value::Int(GetDatePart(call.date_part, date));
    }
    case Function::kDateDiff: {
      WW_TRY(const auto from, DateOf(*arguments[0]), "DATEDIFF");
      WW_TRY(const auto to, DateOf(*arguments[1]), "DATEDIFF");
      return Value::Int(DateDiff(call.date_part, from, to));
    }
    case Function::kDateAdd: {
      WW_TRY(const auto count, NumberOf(*arguments[0]), "DATEADD");
      WW_TRY(const auto date, DateOf(*arguments[1]), "DATEADD");
      WW_TRY(const auto sum, DateAdd(call.date_part, count, date), "DATEADD");
      return Value::Date(sum);
    }
    case Function::kGetDate:
      break;  // a literal since binding
  }
  return Value();
}

}  // namespace ww::cim
