// SMS_ScheduleMethods: token objects to and from their text (schedule-tokens.md).
#include <fmt/format.h>

#include "bind.h"
#include "wimwright/schedule/token.h"

namespace ww::provider {
namespace {

using cim::Instance;
using schedule::Token;

template <typename T>
T Small(const Instance& object, std::string_view name, std::uint64_t otherwise = 0) {
  return static_cast<T>(std::min<std::uint64_t>(object[name].UintOr(otherwise), 255));
}

schedule::StartTime StartOf(const cim::DateTime& date) {
  const auto civil = date.civil();
  return {static_cast<std::uint16_t>(civil.year), static_cast<std::uint8_t>(civil.month),
          static_cast<std::uint8_t>(civil.day), static_cast<std::uint8_t>(civil.hour),
          static_cast<std::uint8_t>(civil.minute)};
}

Result<schedule::Recurrence> RecurrenceOf(const Instance& object) {
  const auto& cls = object.cls();
  const auto day = [&object] { return static_cast<schedule::Day>(Small<int>(object, "Day", 1)); };
  const auto order = [&object] {
    return static_cast<schedule::WeekOrder>(Small<int>(object, "WeekOrder"));
  };
  const auto months = [&object] { return Small<std::uint8_t>(object, "ForNumberOfMonths", 1); };
  if (cls.IsA("SMS_ST_NonRecurring")) return schedule::NonRecurring{};
  if (cls.IsA("SMS_ST_RecurInterval")) {
    return schedule::RecurInterval{Small<std::uint8_t>(object, "DaySpan"),
                                   Small<std::uint8_t>(object, "HourSpan"),
                                   Small<std::uint8_t>(object, "MinuteSpan")};
  }
  if (cls.IsA("SMS_ST_RecurWeekly")) {
    return schedule::RecurWeekly{day(), Small<std::uint8_t>(object, "ForNumberOfWeeks", 1)};
  }
  if (cls.IsA("SMS_ST_RecurMonthlyByWeekdayBase")) {
    return schedule::RecurMonthlyByWeekdayBase{day(), months(), order(),
                                               Small<std::uint8_t>(object, "OffsetDay")};
  }
  if (cls.IsA("SMS_ST_RecurMonthlyByWeekday")) {
    return schedule::RecurMonthlyByWeekday{day(), months(), order()};
  }
  if (cls.IsA("SMS_ST_RecurMonthlyByDate")) {
    return schedule::RecurMonthlyByDate{Small<std::uint8_t>(object, "MonthDay"), months()};
  }
  return BadValue(fmt::format("{} is no schedule token", cls.name()));
}

Result<Token> TokenOf(const Instance& object) {
  Token token;
  // The time on the clock, whatever offset came along (admin-service.md 6).
  if (const auto* start = object["StartTime"].AsDate()) token.start = StartOf(*start);
  token.duration = {Small<std::uint8_t>(object, "DayDuration"),
                    Small<std::uint8_t>(object, "HourDuration"),
                    Small<std::uint8_t>(object, "MinuteDuration")};
  token.is_gmt = object["IsGMT"].BoolOr(false);
  WW_TRY(token.recurrence, RecurrenceOf(object), "token");
  return token;
}

Status WriteToString(MethodCall& m) {
  const auto* objects = m.Argument("TokenData").AsArray();
  if (objects == nullptr || objects->empty()) return BadValue("TokenData has no token");
  std::vector<Token> tokens;
  for (const auto& element : *objects) {
    const auto* object = element.AsObject();
    if (object == nullptr) return BadValue("TokenData has an element that is no object");
    WW_TRY(const auto token, TokenOf(*object), "TokenData");
    tokens.push_back(schedule::Clamped(token, StartOf(m.call.now)));
  }
  m.Result("StringData", Text(schedule::FormatSchedule(tokens)));
  return {};
}

Result<Instance> ObjectOf(Call& call, const Token& token) {
  WW_TRY(auto out, call.store.Make(schedule::ClassName(token)), "token");
  const auto& at = token.start;
  WW_TRY(const auto start,
         cim::DateTime::FromCivil(at.year, at.month, at.day, at.hour, at.minute, 0), "StartTime");
  out.SetRaw("StartTime", cim::Value::Date(start));
  out.SetRaw("DayDuration", Number(token.duration.days));
  out.SetRaw("HourDuration", Number(token.duration.hours));
  out.SetRaw("MinuteDuration", Number(token.duration.minutes));
  out.SetRaw("IsGMT", Flag(token.is_gmt));
  const auto monthly = [&out](const auto& r) {
    out.SetRaw("Day", Number(static_cast<std::uint64_t>(r.day)));
    out.SetRaw("ForNumberOfMonths", Number(r.for_number_of_months));
    out.SetRaw("WeekOrder", Number(static_cast<std::uint64_t>(r.week_order)));
  };
  if (const auto* r = std::get_if<schedule::RecurInterval>(&token.recurrence)) {
    out.SetRaw("DaySpan", Number(r->day_span));
    out.SetRaw("HourSpan", Number(r->hour_span));
    out.SetRaw("MinuteSpan", Number(r->minute_span));
  } else if (const auto* weekly = std::get_if<schedule::RecurWeekly>(&token.recurrence)) {
    out.SetRaw("Day", Number(static_cast<std::uint64_t>(weekly->day)));
    out.SetRaw("ForNumberOfWeeks", Number(weekly->for_number_of_weeks));
  } else if (const auto* by = std::get_if<schedule::RecurMonthlyByWeekday>(&token.recurrence)) {
    monthly(*by);
  } else if (const auto* base =
                 std::get_if<schedule::RecurMonthlyByWeekdayBase>(&token.recurrence)) {
    monthly(*base);
    out.SetRaw("OffsetDay", Number(base->offset_day));
  } else if (const auto* date = std::get_if<schedule::RecurMonthlyByDate>(&token.recurrence)) {
    out.SetRaw("MonthDay", Number(date->month_day));
    out.SetRaw("ForNumberOfMonths", Number(date->for_number_of_months));
  }
  return out;
}

Status ReadFromString(MethodCall& m) {
  const auto tokens = schedule::ParseSchedule(m.Argument("StringData").TextOr(""));
  if (!tokens) return BadValue(fmt::format("StringData: {}", tokens.error().message));
  cim::Value::Array out;
  for (const auto& token : *tokens) {
    WW_TRY(auto object, ObjectOf(m.call, token), "StringData");
    out.push_back(Embedded(std::move(object)));
  }
  m.Result("TokenData", cim::Value::Of(std::move(out)));
  return {};
}

}  // namespace

void BindSchedules(Bindings& bindings) {
  bindings.SetMethod("SMS_ScheduleMethods", "WriteToString", WriteToString);
  bindings.SetMethod("SMS_ScheduleMethods", "ReadFromString", ReadFromString);
}

}  // namespace ww::provider
