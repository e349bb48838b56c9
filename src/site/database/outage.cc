#include "outage.h"

#include <algorithm>
#include <thread>

namespace ww::database {

bool Outage::Wait() {
  Steady::duration pause;
  {
    const auto now = Steady::now();
    const std::lock_guard lock(mutex_);
    // Nobody asked for long: what failed then says nothing about now.
    if (last_ && now - *last_ > patience_) since_.reset();
    last_ = now;
    if (!since_) since_ = now;
    const auto age = now - *since_;
    if (age >= patience_) return false;
    pause = std::min<Steady::duration>(
        std::clamp<Steady::duration>(age / 4, kFirstPause, kLongestPause), patience_ - age);
  }
  std::this_thread::sleep_for(pause);
  return true;
}

void Outage::Over() {
  const std::lock_guard lock(mutex_);
  since_.reset();
  last_.reset();
}

}  // namespace ww::database
