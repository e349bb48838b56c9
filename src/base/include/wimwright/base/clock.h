// Time behind an interface, and the FILETIME form in which Windows stores it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ww {

using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
};

// The wall clock. Stateless; lives as long as the process.
const Clock& SystemClock();

// A clock that stands where a test put it.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(TimePoint now) : now_(now) {}
  TimePoint Now() const override { return now_; }
  void Set(TimePoint now) { now_ = now; }

 private:
  TimePoint now_;
};

// 100 ns units since 1601-01-01 UTC.
using FileTime = std::uint64_t;
FileTime ToFileTime(TimePoint time);
TimePoint FromFileTime(FileTime time);  // saturates at the range of TimePoint
// "2026-11-21T09:00:00Z"; empty for 0.
std::string FormatFileTime(FileTime time);

}  // namespace ww
