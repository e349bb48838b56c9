#include "change_watch.h"

namespace ww::database {

std::optional<std::string> ChangeWatch::Ask() {
  if (!connection_) {
    auto made = connect_();
    if (!made) return std::nullopt;
    connection_ = *std::move(made);
  }
  auto state = connection_->StateOfData();
  if (state) return *std::move(state);
  connection_.reset();
  return std::nullopt;
}

std::optional<std::uint64_t> ChangeWatch::Version() {
  std::unique_lock lock(mutex_);
  // A round that has begun already may not see what was committed just now.
  const auto wanted = begun_ + 1;
  answered_.wait(lock, [&] { return ended_ >= wanted || ended_ == begun_; });
  if (ended_ < wanted) {
    ++begun_;
    lock.unlock();
    auto state = Ask();
    lock.lock();
    known_ = state.has_value();
    if (!known_) {
      ++others_;  // a new connection counts from anew
    } else if (*state != state_) {
      state_ = *std::move(state);
      ++others_;
    }
    ended_ = begun_;
    answered_.notify_all();
  }
  if (!known_) return std::nullopt;
  return own_.load() + others_;
}

}  // namespace ww::database
