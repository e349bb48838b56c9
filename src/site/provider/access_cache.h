// What callers may do, remembered for a moment: looking it up takes more queries than most calls.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "wimwright/base/clock.h"
#include "wimwright/provider/access.h"

namespace ww::provider {

// Forgotten at every change that this process makes, and after some seconds anyway: another server
// of the site may have changed a role. Thread-safe.
class AccessCache {
 public:
  explicit AccessCache(const Clock& clock) : clock_(clock) {}

  // From the database when it is not remembered.
  Result<std::shared_ptr<const Access>> Of(ObjectStore& store, const cim::Context& context);
  // Null: not remembered.
  std::shared_ptr<const Access> Known(const cim::Context& context);
  void Forget();

 private:
  struct Entry {
    std::shared_ptr<const Access> access;
    TimePoint until;
  };
  const Clock& clock_;
  std::mutex mutex_;
  std::uint64_t changes_ = 0;  // what was read before a change is not remembered after it
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace ww::provider
