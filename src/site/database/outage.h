// A database server that does not answer, and how long to wait for it.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>

namespace ww::database {

// An outage begins with the first failure and lasts until something succeeds. Whoever meets it
// waits until it is `patience` old, and not at all afterwards: a server that stays away must not
// keep every thread. Thread-safe.
class Outage {
 public:
  explicit Outage(std::chrono::milliseconds patience) : patience_(patience) {}

  // Waits a moment. false, at once: it has lasted too long.
  bool Wait();
  void Over();

 private:
  using Steady = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kFirstPause{5}, kLongestPause{200};

  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::optional<Steady::time_point> since_, last_;
};

}  // namespace ww::database
