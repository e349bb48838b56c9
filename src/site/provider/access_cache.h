// What callers may do, remembered for a moment: looking it up takes more queries than most calls.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "wimwright/base/clock.h"
#include "wimwright/provider/access.h"

namespace ww::provider {

// Remembered until something in the database changes, whoever changed it; where that is not known
// at the moment, forgotten at every change that this process makes and after some seconds anyway.
// Thread-safe.
class AccessCache {
 public:
  AccessCache(const Clock& clock, database::Database& database)
      : clock_(clock), database_(database) {}

  // From the database when it is not remembered. The first reading of its transaction: what was
  // committed before is seen by it.
  Result<std::shared_ptr<const Access>> Of(ObjectStore& store, const cim::Context& context);
  // Null: not remembered.
  std::shared_ptr<const Access> Known(const cim::Context& context);
  void Forget();

 private:
  struct Entry {
    std::shared_ptr<const Access> access;
    TimePoint until;
    std::optional<std::uint64_t> version;
  };
  // Needs the lock.
  const Entry* Find(const std::string& key, std::optional<std::uint64_t> version, TimePoint now);
  const Clock& clock_;
  database::Database& database_;
  std::mutex mutex_;
  std::uint64_t changes_ = 0;  // what was read before a change is not remembered after it
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace ww::provider
