// Answers to GET that may be given again: kept by who asked for what, until anything changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "wimwright/cim/provider.h"
#include "wimwright/http/request.h"
#include "wimwright/http/response.h"

namespace ww::adminservice {

// A response is found for the version that the provider told before it was made, and for no other
// (cim::Provider::Version). Bounded in bytes; the one not asked for longest goes first.
// Thread-safe, and quick enough for I/O threads: finding frees nothing.
class AnswerCache {
 public:
  explicit AnswerCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  std::optional<http::Response> Find(const std::string& key, std::uint64_t version);
  // Not when it is no text, or longer than a sixteenth of everything.
  void Keep(const std::string& key, std::uint64_t version, const http::Response& response);

  std::size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    std::uint64_t version;
    std::shared_ptr<const http::Response> response;
    std::size_t size;
  };
  using Entries = std::list<Entry>;  // the one used last in front
  void Drop(Entries::iterator entry);

  const std::size_t most_bytes_;
  mutable std::mutex mutex_;
  std::size_t bytes_ = 0;
  std::uint64_t newest_ = 0;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // into entries_
};

// What an answer to a GET by key may depend on besides the data: the caller, the locale, the
// address as it was asked for, and the name of this server in links. nullopt: on more than that,
// such as a session (SMS-SessionHandle), so that it is neither kept nor found.
std::optional<std::string> AnswerKey(const http::Request& request, const cim::Context& context,
                                     std::string_view base_url);

}  // namespace ww::adminservice
