#include "answer_cache.h"

#include <utility>
#include <vector>

#include "wimwright/base/text.h"

namespace ww::adminservice {
namespace {

constexpr std::size_t kOverhead = 256;  // of an entry: list and map nodes, the control block
constexpr std::size_t kMostKey = 4096;

std::size_t SizeOf(const std::string& key, const http::Response& response,
                   const std::string& body) {
  std::size_t size = kOverhead + key.size() + body.size();
  for (const auto& [name, value] : response.headers.fields()) {
    size += sizeof(http::Headers::Field) + name.size() + value.size();
  }
  return size;
}

}  // namespace

std::optional<http::Response> AnswerCache::Find(const std::string& key, std::uint64_t version) {
  std::shared_ptr<const http::Response> found;
  {
    const std::lock_guard lock(mutex_);
    const auto at = by_key_.find(key);
    if (at == by_key_.end() || at->second->version != version) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, at->second);
    found = at->second->response;
  }
  return *found;  // copied without the lock
}

void AnswerCache::Keep(const std::string& key, std::uint64_t version,
                       const http::Response& response) {
  const auto* body = std::get_if<std::string>(&response.body);
  if (body == nullptr || key.size() > kMostKey) return;
  const auto size = SizeOf(key, response, *body);
  if (size > most_bytes_ / 16) return;
  auto kept = std::make_shared<const http::Response>(response);
  Entries gone;  // freed without the lock
  const std::lock_guard lock(mutex_);
  if (version < newest_) return;  // of the past already
  if (version > newest_) {
    newest_ = version;
    by_key_.clear();
    bytes_ = 0;
    gone.swap(entries_);
  }
  if (const auto known = by_key_.find(key); known != by_key_.end()) Drop(known->second);
  while (!entries_.empty() && bytes_ + size > most_bytes_) Drop(std::prev(entries_.end()));
  entries_.push_front({key, version, std::move(kept), size});
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += size;
}

void AnswerCache::Drop(Entries::iterator entry) {
  bytes_ -= entry->size;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

std::size_t AnswerCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::optional<std::string> AnswerKey(const http::Request& request, const cim::Context& context,
                                     std::string_view base_url) {
  if (!context.session_handle.empty() || !context.object_lock_context.empty() ||
      !context.context_handle.empty() || context.instance_count ||
      !context.limit_to_collections.empty() || context.query_qualifiers) {
    return std::nullopt;
  }
  std::string key;
  // Lengths divide: no name can be taken for two.
  const auto add = [&key](std::string_view part) {
    key += std::to_string(part.size());
    key += ':';
    key += part;
  };
  add(context.user);
  add(std::to_string(context.groups.size()));
  for (const auto& group : context.groups) add(group);
  add(context.locale);
  add(base_url);
  add(request.target.raw);
  return key;
}

}  // namespace ww::adminservice
