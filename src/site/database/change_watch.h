// Whether anything in the database may have changed: for those who keep what they computed from it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "connection.h"
#include "pool.h"

namespace ww::database {

// Two numbers that only grow: one for what this process commits, one for what a connection of its
// own sees of everybody. Their sum is the same only while both are.
//
// SQLite: PRAGMA data_version, asked at every call (some microseconds, no disk). PostgreSQL: the
// snapshot's text (pg_current_snapshot), which is another one after any transaction that wrote; a
// thread asks for it while somebody wants to know. Nothing is written for this on either.
class ChangeWatch {
 public:
  ChangeWatch(Backend backend, Pool::Connect connect)
      : backend_(backend), connect_(std::move(connect)) {}
  ~ChangeWatch();
  ChangeWatch(const ChangeWatch&) = delete;
  ChangeWatch& operator=(const ChangeWatch&) = delete;

  // After every commit, and every attempt whose end is not known.
  void Committed() { own_.fetch_add(1); }
  // Of this moment on SQLite; on PostgreSQL others' changes may be missing for kStale. nullopt: not
  // known. Does not wait for a network or another transaction.
  std::optional<std::uint64_t> Version();

  static constexpr std::chrono::milliseconds kInterval{20};
  static constexpr std::chrono::milliseconds kStale{250};

 private:
  using Steady = std::chrono::steady_clock;
  std::optional<std::uint64_t> AskNow();
  std::optional<std::uint64_t> Remembered();
  void Watch();

  const Backend backend_;
  const Pool::Connect connect_;
  std::atomic<std::uint64_t> own_{0};

  std::mutex mutex_;                        // of what follows
  std::unique_ptr<Connection> connection_;  // SQLite; that of PostgreSQL is the thread's
  std::string state_;
  std::uint64_t others_ = 0;

  // PostgreSQL
  std::condition_variable wanted_;
  std::thread thread_;
  bool stop_ = false;
  std::optional<Steady::time_point> known_since_, last_wanted_;
};

}  // namespace ww::database
