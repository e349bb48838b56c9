// From what clients send to the declared type, as forgiving as WMI's VARIANT conversions and no
// more (sms-provider-behaviour.md 4.1, 12.3).
#pragma once

#include "wimwright/cim/value.h"

namespace ww::cim {

// Null stays null. Rules, each of which some public script needs:
//   integers   from integers, integral reals, booleans (1, 0), text: decimal with sign, blanks
//              around, 0x hexadecimal. Range is that of the type; hexadecimal text and only that
//              may set the sign bit of a signed type ("0x80070005" is a negative sint32).
//   boolean    from booleans, numbers (0 is false), text: true, false, yes, no, a number; empty
//              text is false.
//   string     from anything scalar, as ToText() writes it ("TRUE", "42").
//   datetime   from dates and from text in any form of DateTime::ParseAny.
//   object     from objects whose class is or derives from `type.class_name`.
//   array      element by element; a single value becomes an array of one (WriteToString).
// Fails with kTypeMismatch (wrong form) or kInvalidParameter (out of range); the message says what
// was expected and shows at most 64 characters of what came.
Result<Value> Coerce(const Value& value, const TypeSpec& type);

// Integer type with the declared range; for messages and tests.
struct IntegerRange {
  std::int64_t min;
  std::uint64_t max;
};
IntegerRange RangeOf(CimType integer);

}  // namespace ww::cim
