// How many connections there are, in all and from each address.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace ww::http {

class ConnectionLimit : public std::enable_shared_from_this<ConnectionLimit> {
 public:
  ConnectionLimit(std::size_t all, std::size_t per_address)
      : all_(all), per_address_(per_address) {}
  // Counts until the ticket goes; nullptr: one too many.
  std::shared_ptr<void> Take(const std::string& address);
  std::size_t count() const;

 private:
  std::size_t all_, per_address_;
  mutable std::mutex mutex_;
  std::size_t count_ = 0;
  std::unordered_map<std::string, std::size_t> addresses_;
};

}  // namespace ww::http
