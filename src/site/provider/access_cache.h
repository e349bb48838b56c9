// What callers may do, remembered: looking it up takes more queries than most calls.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "wimwright/provider/access.h"

namespace ww::provider {

// Remembered until something in the database changes, whoever changed it; not at all where that is
// not known. Thread-safe.
class AccessCache {
 public:
  explicit AccessCache(database::Database& database) : database_(database) {}

  // From the database when it is not remembered. The first reading of its transaction: what was
  // committed before is seen by it.
  Result<std::shared_ptr<const Access>> Of(ObjectStore& store, const cim::Context& context);
  // Null: not remembered.
  std::shared_ptr<const Access> Known(const cim::Context& context);

 private:
  std::shared_ptr<const Access> Find(const cim::Context& context,
                                     std::optional<std::uint64_t> version);
  database::Database& database_;
  std::mutex mutex_;
  std::uint64_t version_ = 0;  // of all entries
  std::unordered_map<std::string, std::shared_ptr<const Access>> entries_;
};

}  // namespace ww::provider
