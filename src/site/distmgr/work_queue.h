// Packages that somebody has to look after, in the database: each is claimed by one server at a
// time, for as long as its lease lasts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wimwright/base/clock.h"
#include "wimwright/database/database.h"
#include "wimwright/distmgr/distribution_manager.h"

namespace ww::distmgr {

// Work that belongs to no package. PackageIDs have no such names.
inline constexpr std::string_view kScanWork = "*scan";
inline constexpr std::string_view kCollectWork = "*collect";
inline constexpr std::string_view kVerifyWork = "*verify";

struct Work {
  std::string package_id;
  std::int64_t generation = 0;
  std::uint32_t attempts = 0;  // that failed, before this one
  std::string problem;         // of the last one
};

// Thread-safe. Times are the options' clock's.
class WorkQueue {
 public:
  explicit WorkQueue(const DistributionOptions& options) : options_(options) {}

  // Due now, whatever it was; failures are forgotten. Inside a transaction or in one of its own.
  Status Touch(database::Transaction& tx, std::string_view package_id) const;
  Status Touch(std::string_view package_id) const;
  // The first time: due `after` from now. There already: stays as it is.
  Status Schedule(std::string_view package_id, std::chrono::seconds after) const;

  // The next one that is due and that nobody works on.
  Result<std::optional<Work>> Claim() const;
  // Whoever works for long says so now and then. kConflict: the lease was lost.
  Status Renew(const Work& work) const;
  // Gone, unless somebody touched it meanwhile: due again then.
  Status Complete(const Work& work) const;
  // Done for now, again `after` from now.
  Status Repeat(const Work& work, std::chrono::seconds after) const;
  // Later, twice as late as before. Answers the wait.
  Result<std::chrono::seconds> Fail(const Work& work, const Error& error) const;

  // When the next one is due; nothing when there is none.
  Result<std::optional<TimePoint>> NextDue() const;
  // What this server had claimed before it ended.
  Status ReleaseOwn() const;

 private:
  std::int64_t Now() const;
  Status Update(const Work& work, std::int64_t due, std::uint32_t attempts,
                std::string_view problem) const;

  const DistributionOptions& options_;
};

}  // namespace ww::distmgr
