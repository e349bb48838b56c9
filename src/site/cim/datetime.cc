#include "wimwright/cim/datetime.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "wimwright/base/text.h"
#include "wimwright/cim/names.h"

namespace ww::cim {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;

std::int64_t FloorDiv(std::int64_t a, std::int64_t b) {
  return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

std::chrono::year_month_day Ymd(int year, int month, int day) {
  return std::chrono::year_month_day{std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day))};
}

std::int64_t DaysOf(const std::chrono::year_month_day& date) {
  return std::chrono::sys_days(date).time_since_epoch().count();
}

constexpr std::int64_t kFirstMicros = -62135596800 * kMicrosPerSecond;  // 0001-01-01
constexpr std::int64_t kEndMicros = 253402300800 * kMicrosPerSecond;    // 10000-01-01

}  // namespace

DateTime DateTime::FromWallClock(std::int64_t micros, std::optional<int> offset_minutes) {
  DateTime out;
  out.micros_ = micros < kFirstMicros  ? kFirstMicros
                : micros >= kEndMicros ? kEndMicros - 1
                                       : micros;
  out.offset_ = offset_minutes;
  return out;
}

DateTime DateTime::FromUtc(TimePoint time) {
  return FromWallClock(
      std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count());
}

DateTime DateTime::FromInterval(std::int64_t micros) {
  DateTime out;
  out.micros_ = micros < 0 ? 0 : micros;
  out.interval_ = true;
  return out;
}

Result<DateTime> DateTime::FromCivil(int year, int month, int day, int hour, int minute, int second,
                                     int micros, std::optional<int> offset_minutes) {
  constexpr int kMaxOffset = 14 * 60 + 59;
  const bool plausible = year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
                         day <= 31 && hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 &&
                         second >= 0 && second <= 59 && micros >= 0 && micros < kMicrosPerSecond;
  if (!plausible || !Ymd(year, month, day).ok()) {
    return Fail(Code::kCorrupt, fmt::format("no such date or time: {:04}-{:02}-{:02} {:02}:{:02}:"
                                            "{:02}",
                                            year, month, day, hour, minute, second));
  }
  if (offset_minutes && (*offset_minutes < -kMaxOffset || *offset_minutes > kMaxOffset)) {
    return Fail(Code::kCorrupt, fmt::format("no zone is {} minutes from UTC", *offset_minutes));
  }
  return FromWallClock(DaysOf(Ymd(year, month, day)) * kMicrosPerDay + hour * kMicrosPerHour +
                           minute * kMicrosPerMinute + second * kMicrosPerSecond + micros,
                       offset_minutes);
}

DateTime::Civil DateTime::civil() const {
  const std::int64_t days = FloorDiv(micros_, kMicrosPerDay);
  std::int64_t rest = micros_ - days * kMicrosPerDay;
  const std::chrono::sys_days day{std::chrono::days(days)};
  const std::chrono::year_month_day ymd(day);
  Civil c{};
  c.year = static_cast<int>(ymd.year());
  c.month = static_cast<int>(static_cast<unsigned>(ymd.month()));
  c.day = static_cast<int>(static_cast<unsigned>(ymd.day()));
  c.hour = static_cast<int>(rest / kMicrosPerHour);
  rest %= kMicrosPerHour;
  c.minute = static_cast<int>(rest / kMicrosPerMinute);
  rest %= kMicrosPerMinute;
  c.second = static_cast<int>(rest / kMicrosPerSecond);
  c.micros = static_cast<int>(rest % kMicrosPerSecond);
  c.weekday = static_cast<int>(std::chrono::weekday(day).c_encoding()) + 1;
  c.day_of_year = static_cast<int>(days - DaysOf(Ymd(c.year, 1, 1))) + 1;
  return c;
}

TimePoint DateTime::ToUtc() const {
  const std::int64_t micros = micros_ - offset_.value_or(0) * kMicrosPerMinute;
  // TimePoint ends in 2262.
  constexpr std::int64_t kLimit = INT64_MAX / 1000;
  const std::int64_t clamped = micros > kLimit ? kLimit : micros < -kLimit ? -kLimit : micros;
  return TimePoint(std::chrono::microseconds(clamped));
}

DateTime DateTime::WithoutOffset() const {
  DateTime out = *this;
  out.offset_.reset();
  return out;
}

std::strong_ordering Compare(const DateTime& a, const DateTime& b) {
  if (a.is_interval() != b.is_interval()) {
    return a.is_interval() ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (a.offset_minutes() && b.offset_minutes()) {
    return a.micros() - *a.offset_minutes() * kMicrosPerMinute <=>
           b.micros() - *b.offset_minutes() * kMicrosPerMinute;
  }
  return a.micros() <=> b.micros();
}

namespace {

constexpr std::array<std::pair<std::string_view, DatePart>, 26> kParts = {{
    {"yy", DatePart::kYear},     {"yyyy", DatePart::kYear},
    {"year", DatePart::kYear},   {"qq", DatePart::kQuarter},
    {"q", DatePart::kQuarter},   {"quarter", DatePart::kQuarter},
    {"mm", DatePart::kMonth},    {"m", DatePart::kMonth},
    {"month", DatePart::kMonth}, {"dy", DatePart::kDayOfYear},
    {"y", DatePart::kDayOfYear}, {"dayofyear", DatePart::kDayOfYear},
    {"dd", DatePart::kDay},      {"d", DatePart::kDay},
    {"day", DatePart::kDay},     {"wk", DatePart::kWeek},
    {"ww", DatePart::kWeek},     {"week", DatePart::kWeek},
    {"dw", DatePart::kWeekday},  {"weekday", DatePart::kWeekday},
    {"hh", DatePart::kHour},     {"hour", DatePart::kHour},
    {"mi", DatePart::kMinute},   {"minute", DatePart::kMinute},
    {"ss", DatePart::kSecond},   {"second", DatePart::kSecond},
}};

// Number of Sundays that have begun since the epoch's week: weeks change on Sunday.
std::int64_t WeekIndex(std::int64_t days) { return FloorDiv(days + 4, 7); }  // 1970-01-01: Thursday

// Month arithmetic that keeps the day or takes the month's last.
Result<DateTime> AddMonths(const DateTime& date, std::int64_t count) {
  constexpr std::int64_t kMost = 12 * 10'000;
  const auto c = date.civil();
  if (count > kMost || count < -kMost) return Fail(Code::kUsage, "date out of range");
  const std::int64_t months = std::int64_t{c.year} * 12 + (c.month - 1) + count;
  const std::int64_t year = FloorDiv(months, 12);
  if (year < 1 || year > 9999) return Fail(Code::kUsage, "date out of range");
  const int month = static_cast<int>(months - year * 12) + 1;
  const std::chrono::year_month_day_last last{
      std::chrono::year(static_cast<int>(year)),
      std::chrono::month_day_last(std::chrono::month(static_cast<unsigned>(month)))};
  const int day = std::min(c.day, static_cast<int>(static_cast<unsigned>(last.day())));
  return DateTime::FromCivil(static_cast<int>(year), month, day, c.hour, c.minute, c.second,
                             c.micros, date.offset_minutes());
}

std::int64_t MicrosPer(DatePart part) {
  switch (part) {
    case DatePart::kWeek:
      return 7 * kMicrosPerDay;
    case DatePart::kHour:
      return kMicrosPerHour;
    case DatePart::kMinute:
      return kMicrosPerMinute;
    case DatePart::kSecond:
      return kMicrosPerSecond;
    default:
      return kMicrosPerDay;
  }
}

}  // namespace

std::optional<DatePart> ParseDatePart(std::string_view name) {
  for (const auto& [text, part] : kParts) {
    if (SameName(text, name)) return part;
  }
  // "n" and "s" are SQL Server's shortest names.
  if (SameName(name, "n")) return DatePart::kMinute;
  if (SameName(name, "s")) return DatePart::kSecond;
  if (SameName(name, "w")) return DatePart::kWeekday;
  return std::nullopt;
}

std::string_view DatePartName(DatePart part) {
  constexpr std::array<std::string_view, 10> kNames = {"year",   "quarter", "month",   "dayofyear",
                                                       "day",    "week",    "weekday", "hour",
                                                       "minute", "second"};
  return kNames[static_cast<std::size_t>(part)];
}

std::int64_t GetDatePart(DatePart part, const DateTime& date) {
  const auto c = date.civil();
  switch (part) {
    case DatePart::kYear:
      return c.year;
    case DatePart::kQuarter:
      return (c.month - 1) / 3 + 1;
    case DatePart::kMonth:
      return c.month;
    case DatePart::kDayOfYear:
      return c.day_of_year;
    case DatePart::kDay:
      return c.day;
    case DatePart::kWeek: {
      const std::int64_t days = FloorDiv(date.micros(), kMicrosPerDay);
      return WeekIndex(days) - WeekIndex(days - c.day_of_year + 1) + 1;
    }
    case DatePart::kWeekday:
      return c.weekday;
    case DatePart::kHour:
      return c.hour;
    case DatePart::kMinute:
      return c.minute;
    case DatePart::kSecond:
      return c.second;
  }
  return 0;
}

std::int64_t DateDiff(DatePart part, const DateTime& from, const DateTime& to) {
  const auto a = from.civil();
  const auto b = to.civil();
  const std::int64_t months = std::int64_t{b.year - a.year} * 12 + (b.month - a.month);
  switch (part) {
    case DatePart::kYear:
      return b.year - a.year;
    case DatePart::kQuarter:
      return std::int64_t{b.year - a.year} * 4 + ((b.month - 1) / 3 - (a.month - 1) / 3);
    case DatePart::kMonth:
      return months;
    case DatePart::kWeek:
      return WeekIndex(FloorDiv(to.micros(), kMicrosPerDay)) -
             WeekIndex(FloorDiv(from.micros(), kMicrosPerDay));
    default:
      return FloorDiv(to.micros(), MicrosPer(part)) - FloorDiv(from.micros(), MicrosPer(part));
  }
}

Result<DateTime> DateAdd(DatePart part, std::int64_t count, const DateTime& date) {
  switch (part) {
    case DatePart::kYear:
    case DatePart::kQuarter:
    case DatePart::kMonth: {
      const std::int64_t factor = part == DatePart::kYear ? 12 : part == DatePart::kQuarter ? 3 : 1;
      if (count > 120'000 || count < -120'000) return Fail(Code::kUsage, "date out of range");
      return AddMonths(date, count * factor);
    }
    default: {
      const std::int64_t unit = MicrosPer(part);
      const std::int64_t most = (kEndMicros - kFirstMicros) / unit;
      if (count > most || count < -most) return Fail(Code::kUsage, "date out of range");
      const std::int64_t micros = date.micros() + count * unit;
      if (micros < kFirstMicros || micros >= kEndMicros) {
        return Fail(Code::kUsage, "date out of range");
      }
      return DateTime::FromWallClock(micros, date.offset_minutes());
    }
  }
}

}  // namespace ww::cim
