// CIM datetime: a point in time as the clock on the wall shows it, perhaps with its distance from
// UTC; or an interval. Text forms: DMTF, ISO 8601 of REST, and the SQL dates that WQL accepts
// (sms-provider-behaviour.md 2.1, 3.2; admin-service.md 4).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wimwright/base/clock.h"
#include "wimwright/base/result.h"

namespace ww::cim {

class DateTime {
 public:
  // 1970-01-01 00:00, offset unknown.
  DateTime() = default;

  // `micros` counts since 1970-01-01 00:00 on the same wall clock, not in UTC. An absent offset is
  // the provider's usual "+***".
  static DateTime FromWallClock(std::int64_t micros,
                                std::optional<int> offset_minutes = std::nullopt);
  // As the provider writes an instant: UTC's wall clock, offset unknown. ToUtc() is its way back.
  static DateTime FromUtc(TimePoint time);
  static DateTime FromInterval(std::int64_t micros);
  // Rejects what the calendar does not have. Year 1 to 9999.
  static Result<DateTime> FromCivil(int year, int month, int day, int hour, int minute, int second,
                                    int micros = 0,
                                    std::optional<int> offset_minutes = std::nullopt);

  // "20261120010000.000000+***", "...+060", "00000001020304.000000:000". A field of the date that
  // is '*' is an error; the offset may be.
  static Result<DateTime> ParseDmtf(std::string_view text);
  // "2026-11-20T01:00:00Z", fractions, "+01:00"; without a zone the offset is unknown. A date
  // alone is midnight.
  static Result<DateTime> ParseIso(std::string_view text);
  // Everything above, and "2026-11-20", "2026/11/20", "20261120", "11/20/2026", each with an
  // optional "HH:MM[:SS[.fff]]", perhaps with AM or PM. mm/dd/yyyy is the provider's own order.
  static Result<DateTime> ParseAny(std::string_view text);

  std::string ToDmtf() const;
  // Whole seconds with Z. An unknown offset is written as if it were UTC, as the real service does
  // (admin-service.md 6); a known one is converted. Intervals are "P1DT2H3M4S".
  std::string ToIso() const;
  // "2026-11-20 01:00:00" (".123456" when there are fractions) of the wall clock: for people and
  // for columns of SQL views. Classes keep ToDmtf().
  std::string ToSql() const;

  bool is_interval() const { return interval_; }
  std::optional<int> offset_minutes() const { return offset_; }
  // Microseconds of the wall clock, or of the interval.
  std::int64_t micros() const { return micros_; }
  // The instant, when the offset is known; otherwise the wall clock read as UTC.
  TimePoint ToUtc() const;

  DateTime WithoutOffset() const;  // same wall clock, offset unknown

  struct Civil {
    int year, month, day, hour, minute, second, micros;
    int weekday;      // 1 Sunday to 7 Saturday
    int day_of_year;  // 1 to 366
  };
  Civil civil() const;

  // Identity: the same kind, wall clock and offset. For order and equality in queries use Compare.
  friend bool operator==(const DateTime&, const DateTime&) = default;

 private:
  std::int64_t micros_ = 0;
  std::optional<int> offset_;
  bool interval_ = false;
};

// Two known offsets: as instants. Otherwise as wall clocks, because an unknown offset is the
// site's own. An interval is less than every date.
std::strong_ordering Compare(const DateTime& a, const DateTime& b);

// Units of DATEPART, DATEDIFF and DATEADD with SQL Server's names: yy yyyy year, qq q quarter, mm m
// month, dy y dayofyear, dd d day, wk ww week, dw weekday, hh hour, mi n minute, ss s second.
enum class DatePart {
  kYear,
  kQuarter,
  kMonth,
  kDayOfYear,
  kDay,
  kWeek,
  kWeekday,
  kHour,
  kMinute,
  kSecond
};
std::optional<DatePart> ParseDatePart(std::string_view name);
std::string_view DatePartName(DatePart part);

std::int64_t GetDatePart(DatePart part, const DateTime& date);
// Boundaries crossed from `from` to `to`, as SQL Server counts: 23:59 to 00:01 is one day.
std::int64_t DateDiff(DatePart part, const DateTime& from, const DateTime& to);
// Months keep the day or take the month's last. Fails when the year leaves 1..9999.
Result<DateTime> DateAdd(DatePart part, std::int64_t count, const DateTime& date);

}  // namespace ww::cim
