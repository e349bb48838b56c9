// Progress and cancellation: how long work below tells those above, and is told to stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "wimwright/base/result.h"

namespace ww {

// Set from any thread or a signal handler; asked by long loops at every safe point.
class Cancellation {
 public:
  void Request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }
  // kCancelled once requested.
  Status Check() const;

 private:
  std::atomic<bool> requested_{false};
  static_assert(std::atomic<bool>::is_always_lock_free, "Request() is called from signal handlers");
};

// Implemented above, called below. Calls may come from worker threads.
class Progress {
 public:
  virtual ~Progress() = default;
  // Phase `number` of `count` begins; `total` bytes are expected (0: unknown).
  virtual void BeginPhase(std::string_view name, int number, int count, std::uint64_t total) = 0;
  virtual void Advance(std::uint64_t bytes) = 0;
};

Progress& NullProgress();
const Cancellation& NeverCancelled();

}  // namespace ww
