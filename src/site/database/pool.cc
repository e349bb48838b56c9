#include "pool.h"

namespace ww::database {

Pool::Lease::~Lease() {
  if (connection_) pool_->Return(std::move(connection_));
}

Result<Pool::Lease> Pool::Take() {
  std::unique_lock lock(mutex_);
  if (!returned_.wait_for(lock, wait_, [&] { return !idle_.empty() || open_ < size_; })) {
    return Fail(Code::kBusy, "all connections to the database are in use");
  }
  if (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return Lease(*this, std::move(connection));
  }
  ++open_;
  lock.unlock();
  auto connection = connect_();
  if (!connection) {
    lock.lock();
    --open_;
    returned_.notify_one();
    return Fail(connection.error());
  }
  return Lease(*this, *std::move(connection));
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  const bool broken = connection->broken();
  if (broken) connection.reset();
  {
    const std::lock_guard lock(mutex_);
    if (broken) {
      --open_;
      // What one connection noticed (a server that restarted) holds for those that idle.
      open_ -= idle_.size();
      idle_.clear();
    } else {
      idle_.push_back(std::move(connection));
    }
  }
  returned_.notify_one();
}

}  // namespace ww::database
