#include "access_cache.h"

#include <fmt/format.h>

namespace ww::provider {
namespace {

constexpr std::size_t kMostCallers = 10'000;

std::string KeyOf(const cim::Context& context) {
  std::string key = fmt::format("{}:{}", context.user.size(), context.user);
  for (const auto& group : context.groups) key += fmt::format("{}:{}", group.size(), group);
  return key;
}

}  // namespace

Result<std::shared_ptr<const Access>> AccessCache::Of(ObjectStore& store,
                                                      const cim::Context& context) {
  const auto version = database_.Version();  // before reading
  if (auto known = Find(context, version)) return known;
  WW_TRY(auto read, Access::Of(store, context), "access");
  auto access = std::make_shared<const Access>(std::move(read));
  if (!version) return access;
  const std::lock_guard lock(mutex_);
  if (*version < version_) return access;
  if (*version > version_ || entries_.size() >= kMostCallers) entries_.clear();
  version_ = *version;
  entries_.insert_or_assign(KeyOf(context), access);
  return access;
}

std::shared_ptr<const Access> AccessCache::Known(const cim::Context& context) {
  return Find(context, database_.Version());
}

std::shared_ptr<const Access> AccessCache::Find(const cim::Context& context,
                                                std::optional<std::uint64_t> version) {
  if (!version) return nullptr;
  const std::lock_guard lock(mutex_);
  if (*version != version_) return nullptr;
  const auto known = entries_.find(KeyOf(context));
  return known == entries_.end() ? nullptr : known->second;
}

}  // namespace ww::provider
