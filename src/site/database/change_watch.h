// Whether anything in the database may have changed: for those who keep what they computed from it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "connection.h"
#include "pool.h"

namespace ww::database {

// Two numbers that only grow: one for what this process commits, one for what a connection of its
// own sees of everybody. Their sum is the same only while both are.
//
// SQLite: PRAGMA data_version, some microseconds and no disk. PostgreSQL: the snapshot's text
// (pg_current_snapshot), which is another one after any transaction that wrote; a round trip, which
// those who ask at the same time share. Nothing is written for this on either.
class ChangeWatch {
 public:
  ChangeWatch(Backend backend, Pool::Connect connect)
      : backend_(backend), connect_(std::move(connect)) {}
  ChangeWatch(const ChangeWatch&) = delete;
  ChangeWatch& operator=(const ChangeWatch&) = delete;

  // After every commit, and every attempt whose end is not known.
  void Committed() { own_.fetch_add(1); }
  // Of a moment after the call began. nullopt: not known.
  std::optional<std::uint64_t> Version();
  // nullopt where that would take a network.
  std::optional<std::uint64_t> VersionAtOnce() {
    return backend_ == Backend::kSqlite ? Version() : std::nullopt;
  }

 private:
  std::optional<std::string> Ask();

  const Backend backend_;
  const Pool::Connect connect_;
  std::atomic<std::uint64_t> own_{0};
  std::unique_ptr<Connection> connection_;  // of whoever asks

  std::mutex mutex_;  // of what follows
  std::condition_variable answered_;
  std::uint64_t begun_ = 0, ended_ = 0;  // rounds of asking, one at a time
  bool known_ = false;                   // what the last round learnt
  std::string state_;
  std::uint64_t others_ = 0;
};

}  // namespace ww::database
