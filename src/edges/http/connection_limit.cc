#include "connection_limit.h"

namespace ww::http {

std::shared_ptr<void> ConnectionLimit::Take(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (count_ >= all_) return nullptr;
  auto& mine = addresses_[address];
  if (mine >= per_address_) return nullptr;
  ++mine;
  ++count_;
  return std::shared_ptr<void>(this, [self = shared_from_this(), address](void*) {
    const std::lock_guard inner(self->mutex_);
    --self->count_;
    const auto it = self->addresses_.find(address);
    if (--it->second == 0) self->addresses_.erase(it);
  });
}

std::size_t ConnectionLimit::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace ww::http
