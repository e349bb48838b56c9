// How fast bytes may come: a bucket of tokens that all transfers of a point share.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>

#include "wimwright/base/progress.h"
#include "wimwright/distribution/point.h"

namespace ww::distribution {

// The pure part: who takes n bytes now has to wait that long before taking more.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;
  void SetRate(std::uint64_t bytes_per_second) { rate_ = bytes_per_second; }  // 0: no limit
  std::chrono::nanoseconds Take(std::uint64_t bytes, Time now);

 private:
  std::uint64_t rate_ = 0;
  Time paid_until_{};
};

class RateLimit {
 public:
  void SetRate(std::uint64_t bytes_per_second);
  // Waits until these bytes are paid. kCancelled.
  Status Take(std::uint64_t bytes, const Cancellation& cancellation);

 private:
  std::mutex mutex_;
  TokenBucket bucket_;
};

// Of an hour of the day, 0 to 23. `fallback` where none fits.
std::uint64_t RateAt(std::span<const RateHours> hours, int hour, std::uint64_t fallback);
// The stricter of two limits, of which 0 is none.
std::uint64_t Stricter(std::uint64_t a, std::uint64_t b);

}  // namespace ww::distribution
