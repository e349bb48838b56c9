#include "access_cache.h"

namespace ww::provider {
namespace {

constexpr std::chrono::seconds kRemembered{5};
constexpr std::size_t kMostCallers = 10'000;

std::string KeyOf(const cim::Context& context) {
  std::string key = context.user;
  for (const auto& group : context.groups) key += '\n' + group;
  return key;
}

}  // namespace

const AccessCache::Entry* AccessCache::Find(const std::string& key,
                                            std::optional<std::uint64_t> version, TimePoint now) {
  const auto known = entries_.find(key);
  if (known == entries_.end()) return nullptr;
  const auto& entry = known->second;
  return (version ? entry.version == version : now < entry.until) ? &entry : nullptr;
}

Result<std::shared_ptr<const Access>> AccessCache::Of(ObjectStore& store,
                                                      const cim::Context& context) {
  const auto key = KeyOf(context);
  const auto now = clock_.Now();
  const auto version = database_.Version();  // before reading
  std::uint64_t changes = 0;
  {
    const std::lock_guard lock(mutex_);
    changes = changes_;
    if (const auto* known = Find(key, version, now)) return known->access;
  }
  WW_TRY(auto read, Access::Of(store, context), "access");
  auto access = std::make_shared<const Access>(std::move(read));
  const std::lock_guard lock(mutex_);
  if (changes == changes_) {
    if (entries_.size() >= kMostCallers) entries_.clear();
    entries_.insert_or_assign(key, Entry{access, now + kRemembered, version});
  }
  return access;
}

std::shared_ptr<const Access> AccessCache::Known(const cim::Context& context) {
  const auto now = clock_.Now();
  const auto version = database_.Version();
  const std::lock_guard lock(mutex_);
  const auto* known = Find(KeyOf(context), version, now);
  return known != nullptr ? known->access : nullptr;
}

void AccessCache::Forget() {
  const std::lock_guard lock(mutex_);
  ++changes_;
  entries_.clear();
}

}  // namespace ww::provider
