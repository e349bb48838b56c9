#include "change_watch.h"

namespace ww::database {
namespace {

// The thread rests when nobody asked for so long.
constexpr std::chrono::seconds kInterest{2};

}  // namespace

ChangeWatch::~ChangeWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::optional<std::uint64_t> ChangeWatch::Version() {
  return backend_ == Backend::kSqlite ? AskNow() : Remembered();
}

std::optional<std::uint64_t> ChangeWatch::AskNow() {
  const std::lock_guard lock(mutex_);
  if (!connection_) {
    auto made = connect_();
    if (!made) return std::nullopt;
    connection_ = *std::move(made);
  }
  auto state = connection_->StateOfData();
  if (!state) {
    // A new connection counts from anew.
    connection_.reset();
    ++others_;
    return std::nullopt;
  }
  if (*state != state_) {
    state_ = *std::move(state);
    ++others_;
  }
  return own_.load() + others_;
}

std::optional<std::uint64_t> ChangeWatch::Remembered() {
  const auto now = Steady::now();
  const std::lock_guard lock(mutex_);
  const bool rested = !last_wanted_ || now - *last_wanted_ > kInterest;
  last_wanted_ = now;
  if (!thread_.joinable()) thread_ = std::thread([this] { Watch(); });
  if (rested) wanted_.notify_all();
  if (!known_since_ || now - *known_since_ > kStale) return std::nullopt;
  return own_.load() + others_;
}

void ChangeWatch::Watch() {
  std::unique_ptr<Connection> connection;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (Steady::now() - *last_wanted_ > kInterest) {
      wanted_.wait(lock);
      continue;
    }
    lock.unlock();
    const auto asked = Steady::now();
    if (!connection) {
      if (auto made = connect_()) connection = *std::move(made);
    }
    std::optional<std::string> state;
    if (connection) {
      if (auto answer = connection->StateOfData()) {
        state = *std::move(answer);
      } else {
        connection.reset();
      }
    }
    lock.lock();
    if (!state) {
      known_since_.reset();
    } else {
      if (*state != state_) {
        state_ = *std::move(state);
        ++others_;
      }
      known_since_ = asked;
    }
    // Longer where there is no answer: a server that restarts is not to be met by a storm.
    if (!stop_) wanted_.wait_for(lock, state ? kInterval : kInterval * 25);
  }
}

}  // namespace ww::database
