// Dates: every accepted text has a DMTF form that means the same.
#include <cstdlib>

#include "wimwright/base/bytes.h"
#include "wimwright/cim/coerce.h"
#include "wimwright/cim/datetime.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::cim;
  const auto text = ww::AsText(std::as_bytes(std::span(data, size)));
  for (const auto type : {CimType::kSint8, CimType::kUint64, CimType::kReal64, CimType::kBoolean}) {
    const auto value = Coerce(Value::String(std::string(text)), {type, false, {}});
    if (!value && value.error().hresult == 0) std::abort();
  }
  static_cast<void>(DateTime::ParseIso(text));
  const auto date = DateTime::ParseAny(text);
  if (!date) return 0;
  const auto again = DateTime::ParseDmtf(date->ToDmtf());
  if (!again || !(*again == *date)) std::abort();
  static_cast<void>(date->ToIso());
  if (date->is_interval()) return 0;
  const auto sql = DateTime::ParseAny(date->ToSql());
  if (!sql || sql->micros() != date->micros()) std::abort();
  for (const auto part : {DatePart::kYear, DatePart::kWeek, DatePart::kSecond}) {
    const auto next = DateAdd(part, 1, *date);
    if (next && DateDiff(part, *date, *next) != 1) std::abort();
  }
  return 0;
}
