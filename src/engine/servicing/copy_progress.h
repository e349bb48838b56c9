// Progress of a copy that goes on while the phases of its job come and go.
#pragma once

#include <algorithm>
#include <mutex>

#include "wimwright/base/progress.h"

namespace ww::servicing {

// What is left of the copy counts into every phase that begins meanwhile, so that no phase gets
// more bytes than it announced, and none stands still while the job waits for the copy.
class CopyProgress final : public Progress {
 public:
  explicit CopyProgress(Progress& job) : job_(job) {}

  // Before the phase that starts the copy.
  void Expect(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    left_ = bytes;
  }
  void Copied(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto counted = std::min(bytes, left_);
    left_ -= counted;
    job_.Advance(counted);
  }

  void BeginPhase(std::string_view name, int number, int count, std::uint64_t total) override {
    const std::lock_guard lock(mutex_);
    job_.BeginPhase(name, number, count, total + left_);
  }
  void Advance(std::uint64_t bytes) override { job_.Advance(bytes); }

 private:
  Progress& job_;
  std::mutex mutex_;
  std::uint64_t left_ = 0;
};

}  // namespace ww::servicing
