#include "rate_limit.h"

#include <algorithm>
#include <thread>

namespace ww::distribution {
namespace {

// What may come at once after a pause.
constexpr std::chrono::milliseconds kBurst{250};
constexpr std::chrono::milliseconds kSlice{50};

}  // namespace

std::chrono::nanoseconds TokenBucket::Take(std::uint64_t bytes, Time now) {
  if (rate_ == 0) {
    paid_until_ = now;
    return {};
  }
  const auto cost = std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(bytes) / static_cast<double>(rate_) * 1e9));
  paid_until_ = std::max<Time>(paid_until_, now - kBurst) + cost;
  return std::max(paid_until_ - now, std::chrono::nanoseconds(0));
}

void RateLimit::SetRate(std::uint64_t bytes_per_second) {
  const std::lock_guard lock(mutex_);
  bucket_.SetRate(bytes_per_second);
}

Status RateLimit::Take(std::uint64_t bytes, const Cancellation& cancellation) {
  std::chrono::nanoseconds left;
  {
    const std::lock_guard lock(mutex_);
    left = bucket_.Take(bytes, std::chrono::steady_clock::now());
  }
  while (left.count() > 0) {
    WW_RETURN_IF_ERROR(cancellation.Check());
    const auto slice = std::min<std::chrono::nanoseconds>(left, kSlice);
    std::this_thread::sleep_for(slice);
    left -= slice;
  }
  return {};
}

std::uint64_t RateAt(std::span<const RateHours> hours, int hour, std::uint64_t fallback) {
  for (const auto& h : hours) {
    const bool fits =
        h.from <= h.to ? h.from <= hour && hour < h.to : hour >= h.from || hour < h.to;
    if (fits) return h.bytes_per_second;
  }
  return fallback;
}

std::uint64_t Stricter(std::uint64_t a, std::uint64_t b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace ww::distribution
