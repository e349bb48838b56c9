// How often somebody failed lately. Bounded: a flood of names cannot fill the memory.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

#include "wimwright/base/clock.h"

namespace ww::http {

class FailureLimit {
 public:
  FailureLimit(std::chrono::seconds window, const Clock& clock) : window_(window), clock_(clock) {}
  void Count(const std::string& who);
  // Nobody failed lately: the usual case, without a name made up for it.
  bool none() {
    const std::lock_guard lock(mutex_);
    return entries_.empty();
  }
  // How long `who` has to wait; zero: go on.
  std::chrono::seconds Wait(const std::string& who, int most);

 private:
  static constexpr std::size_t kMost = 20'000;
  struct Entry {
    int failures = 0;
    TimePoint since;
  };
  std::chrono::seconds window_;
  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace ww::http
