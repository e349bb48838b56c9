#include "wimwright/schedule/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>

namespace ww::schedule {
namespace {

TimePoint At(std::int64_t seconds) {
  // TimePoint ends in 2262.
  constexpr std::int64_t kLimit = INT64_MAX / 1'000'000'000;
  return TimePoint(std::chrono::seconds(std::clamp(seconds, -kLimit, kLimit)));
}

}  // namespace

Result<TimeZone> TimeZone::Find(std::string_view name) {
  try {
    return TimeZone(date::locate_zone(std::string(name)));
  } catch (const std::exception& e) {
    return Fail(Code::kNotFound,
                "time zone '" + std::string(name.substr(0, 64)) + "': " + e.what());
  }
}

Result<TimeZone> TimeZone::Local() {
  try {
    return TimeZone(date::current_zone());
  } catch (const std::exception& e) {
    return Fail(Code::kNotFound, std::string("the machine's time zone: ") + e.what());
  }
}

TimePoint TimeZone::ToInstant(WallClock wall) const {
  if (zone_ == nullptr) return At(wall);
  const auto info = zone_->get_info(date::local_seconds(std::chrono::seconds(wall)));
  if (info.result == date::local_info::nonexistent) {
    return At(info.first.end.time_since_epoch().count());
  }
  return At(wall - info.first.offset.count());
}

WallClock TimeZone::ToWall(TimePoint instant) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  const std::int64_t utc = seconds.time_since_epoch().count();
  if (zone_ == nullptr) return utc;
  return utc + zone_->get_info(seconds).offset.count();
}

std::string TimeZone::name() const { return zone_ == nullptr ? "UTC" : zone_->name(); }

WallClock ToWallClock(const StartTime& start) {
  const std::chrono::sys_days day{std::chrono::year_month_day{
      std::chrono::year(start.year), std::chrono::month(start.month), std::chrono::day(start.day)}};
  return (day.time_since_epoch() + std::chrono::hours(start.hour) +
          std::chrono::minutes(start.minute)) /
         std::chrono::seconds(1);
}

StartTime StartTimeAt(TimePoint instant, const TimeZone& zone) {
  const WallClock first = 0;  // 1970-01-01 00:00
  const WallClock last = ToWallClock({2033, 12, 31, 23, 59});
  const std::chrono::seconds wall(std::clamp(zone.ToWall(instant), first, last));
  const auto days = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day ymd{std::chrono::sys_days(days)};
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(wall - days).count();
  return {static_cast<std::uint16_t>(static_cast<int>(ymd.year())),
          static_cast<std::uint8_t>(static_cast<unsigned>(ymd.month())),
          static_cast<std::uint8_t>(static_cast<unsigned>(ymd.day())),
          static_cast<std::uint8_t>(minutes / 60), static_cast<std::uint8_t>(minutes % 60)};
}

}  // namespace ww::schedule
