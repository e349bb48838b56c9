// Time zones: from the wall clock to the instant and back.
#pragma once

#include <string>
#include <string_view>

#include "wimwright/base/clock.h"
#include "wimwright/base/result.h"
#include "wimwright/schedule/token.h"

namespace date {
class time_zone;
}

namespace ww::schedule {

// Seconds since 1970-01-01 00:00 on the wall clock of some zone.
using WallClock = std::int64_t;

// A small value; the zone's data live as long as the process. Reads the system's zone database,
// which knows daylight saving until 2037.
class TimeZone {
 public:
  static TimeZone Utc() { return TimeZone(nullptr); }
  // "Europe/Berlin"; kNotFound.
  static Result<TimeZone> Find(std::string_view name);
  // The machine's own.
  static Result<TimeZone> Local();

  // Where the clock skips this time: the first instant after the gap. Where it shows the time
  // twice: the first (schedule-tokens.md 3).
  TimePoint ToInstant(WallClock wall) const;
  WallClock ToWall(TimePoint instant) const;
  std::string name() const;

 private:
  explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}
  const date::time_zone* zone_;  // null: UTC
};

WallClock ToWallClock(const StartTime& start);
// The wall clock of an instant as a start, cut to minutes and to 1970..2033.
StartTime StartTimeAt(TimePoint instant, const TimeZone& zone);

}  // namespace ww::schedule
