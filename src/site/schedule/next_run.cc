#include "wimwright/schedule/next_run.h"

#include <algorithm>

namespace ww::schedule {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
// Nothing is computed beyond 2261: TimePoint ends a year later.
constexpr std::int64_t kEnd = 9'183'110'400;

std::int64_t FloorDiv(std::int64_t a, std::int64_t b) {
  return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

// The question, once: instants, the wall clock of `from`, and the token's start on that clock.
struct Asked {
  TimePoint from;
  const TimeZone& zone;
  WallClock start;
  // A wall clock time that is certainly before every answer: no zone shifts by two days.
  WallClock Before() const { return zone.ToWall(from) - 2 * kDay; }
};

// Start + k * step on the wall clock.
std::optional<TimePoint> Stepping(const Asked& a, WallClock first, std::int64_t step) {
  std::int64_t k = std::max<std::int64_t>(0, FloorDiv(a.Before() - first, step));
  while (true) {
    const WallClock wall = first + k * step;
    if (wall > kEnd) return std::nullopt;
    const auto instant = a.zone.ToInstant(wall);
    if (instant >= a.from) return instant;
    ++k;  // at most a few times: Before() is two days back
  }
}

std::optional<TimePoint> Once(const Asked& a) {
  const auto instant = a.zone.ToInstant(a.start);
  if (instant < a.from) return std::nullopt;
  return instant;
}

std::optional<TimePoint> Next(const NonRecurring&, const Asked& a) { return Once(a); }

std::optional<TimePoint> Next(const RecurInterval& r, const Asked& a) {
  if (r.hour_span == 0 && r.minute_span == 0) {
    return r.day_span == 0 ? Once(a) : Stepping(a, a.start, r.day_span * kDay);
  }
  const std::chrono::seconds step(r.day_span * kDay + r.hour_span * kHour +
                                  r.minute_span * kMinute);
  const auto first = a.zone.ToInstant(a.start);
  if (first >= a.from) return first;
  const auto elapsed = a.from - first;
  const auto k = (elapsed + step - std::chrono::nanoseconds(1)) / step;
  return first + k * step;
}

std::optional<TimePoint> Next(const RecurWeekly& w, const Asked& a) {
  const std::int64_t days = FloorDiv(a.start, kDay);
  const std::int64_t weekday = FloorDiv(days + 4, 7) * 7 - 4;  // the Sunday on or before
  const std::int64_t wanted = static_cast<std::int64_t>(w.day) - 1;
  const std::int64_t ahead = (wanted - (days - weekday) + 7) % 7;
  return Stepping(a, a.start + ahead * kDay, std::int64_t{7} * w.for_number_of_weeks * kDay);
}

using std::chrono::sys_days;
using std::chrono::year_month;

sys_days LastOf(const year_month& month) { return sys_days(month / std::chrono::last); }

// The day of the month that a token means, if the month has it.
std::optional<sys_days> DayIn(const year_month& month, Day day, WeekOrder order) {
  const std::chrono::weekday weekday(static_cast<unsigned>(day) - 1);
  if (order == WeekOrder::kLast) return sys_days(month / weekday[std::chrono::last]);
  return sys_days(month / weekday[static_cast<unsigned>(order)]);
}
std::optional<sys_days> DayIn(const year_month& month, const RecurMonthlyByWeekday& m) {
  return DayIn(month, m.day, m.week_order);
}
std::optional<sys_days> DayIn(const year_month& month, const RecurMonthlyByWeekdayBase& m) {
  const auto day = DayIn(month, m.day, m.week_order);
  return std::min(*day + std::chrono::days(m.offset_day), LastOf(month));
}
std::optional<sys_days> DayIn(const year_month& month, const RecurMonthlyByDate& m) {
  if (m.month_day == 0) return LastOf(month);
  const auto date = month / std::chrono::day(m.month_day);
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

// Months are always counted from the month of the start: counting from the previous hit would make
// day 31 drift to 28.
template <typename Monthly>
std::optional<TimePoint> NextMonthly(const Monthly& m, const Asked& a) {
  const auto month_of = [](WallClock wall) {
    const std::chrono::year_month_day ymd{sys_days(std::chrono::days(FloorDiv(wall, kDay)))};
    return year_month(ymd.year(), ymd.month());
  };
  const std::int64_t time_of_day = a.start - FloorDiv(a.start, kDay) * kDay;
  const auto first = month_of(a.start);
  const std::int64_t step = m.for_number_of_months;
  const std::int64_t behind = (month_of(a.Before()) - first).count();
  std::int64_t k = std::max<std::int64_t>(0, FloorDiv(behind, step));
  // A month that has the day comes within 96 steps or never (29 February every 11 months against
  // leap years, a century without one between).
  constexpr int kMostSteps = 400;
  for (int tries = 0; tries < kMostSteps; ++tries, ++k) {
    const auto day = DayIn(first + std::chrono::months(k * step), m);
    if (!day) continue;
    const WallClock wall = day->time_since_epoch().count() * kDay + time_of_day;
    if (wall < a.start) continue;
    if (wall > kEnd) return std::nullopt;
    const auto instant = a.zone.ToInstant(wall);
    if (instant >= a.from) return instant;
  }
  return std::nullopt;
}

std::optional<TimePoint> Next(const RecurMonthlyByWeekday& m, const Asked& a) {
  return NextMonthly(m, a);
}
std::optional<TimePoint> Next(const RecurMonthlyByWeekdayBase& m, const Asked& a) {
  return NextMonthly(m, a);
}
std::optional<TimePoint> Next(const RecurMonthlyByDate& m, const Asked& a) {
  return NextMonthly(m, a);
}

}  // namespace

std::optional<TimePoint> NextRun(const Token& token, TimePoint from, const TimeZone& zone) {
  if (from > TimePoint(std::chrono::seconds(kEnd))) return std::nullopt;
  const TimeZone used = token.is_gmt ? TimeZone::Utc() : zone;
  const Asked asked{from, used, ToWallClock(token.start)};
  return std::visit([&](const auto& recurrence) { return Next(recurrence, asked); },
                    token.recurrence);
}

std::optional<TimePoint> NextRun(std::span<const Token> tokens, TimePoint from,
                                 const TimeZone& zone) {
  std::optional<TimePoint> out;
  for (const auto& token : tokens) {
    const auto next = NextRun(token, from, zone);
    if (next && (!out || *next < *out)) out = next;
  }
  return out;
}

}  // namespace ww::schedule
