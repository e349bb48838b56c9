#include "wimwright/base/clock.h"

#include <fmt/chrono.h>
#include <algorithm>
#include <limits>

namespace ww {
namespace {

class WallClock final : public Clock {
 public:
  TimePoint Now() const override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
};

constexpr std::int64_t kUnixEpoch = 116444736000000000;  // 1970-01-01 in FILETIME units

}  // namespace

const Clock& SystemClock() {
  static const WallClock clock;
  return clock;
}

FileTime ToFileTime(TimePoint time) {
  return static_cast<FileTime>(time.time_since_epoch().count() / 100 + kUnixEpoch);
}

TimePoint FromFileTime(FileTime time) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 100;
  const auto clipped = static_cast<std::int64_t>(
      std::min<FileTime>(time, static_cast<FileTime>(std::numeric_limits<std::int64_t>::max())));
  return TimePoint(std::chrono::nanoseconds(std::clamp(clipped - kUnixEpoch, -kMost, kMost) * 100));
}

std::string FormatFileTime(FileTime time) {
  if (time == 0) return {};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(FromFileTime(time));
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

}  // namespace ww
