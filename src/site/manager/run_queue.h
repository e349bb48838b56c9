// Which run is whose: the queue, leases on images, and what dead servers left.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "wimwright/base/clock.h"
#include "wimwright/database/database.h"
#include "wimwright/manager/run.h"
#include "wimwright/provider/site_provider.h"

namespace ww::manager {

// The server's exclusive right to work on one image, for one attempt at one run.
struct Lease {
  std::string image;
  std::int64_t run = 0;
  std::string token;  // of this attempt: a server that slept too long finds another one's
};

database::TableDefinition LeaseTable();

// The longest time that a failed attempt is followed by.
inline constexpr std::chrono::hours kLongestDelay{1};

// Thread-safe.
class RunQueue {
 public:
  struct Options {
    database::Database* database = nullptr;
    const Clock* clock = nullptr;
    std::string server_id;
    std::uint32_t most_attempts = 3;
    std::chrono::milliseconds lease_timeout{30'000};
  };
  explicit RunQueue(Options options) : options_(std::move(options)) {}

  struct Claimed {
    Run run;
    Lease lease;
  };
  // The oldest queued run whose image nobody works on becomes ours, state Staging. Servers that
  // ask at the same moment get different runs and do not wait for each other.
  Result<std::optional<Claimed>> Claim(provider::SiteProvider& provider);

  // Inside a transaction. kConflict: the lease is lost, whatever was done must not be published.
  Status CheckLease(provider::Call& call, const Lease& lease);
  Status EndLease(provider::Call& call, const Lease& lease);

  // This process does not work on the run any more, and could not say so in the database: it is
  // recovered like that of a dead server.
  void Abandon(std::int64_t run);

  struct Pulse {
    bool lost = false;              // the lease is another's
    bool cancel_requested = false;  // somebody wants the run to stop
  };
  Result<Pulse> Beat(provider::Call& call, const Lease& lease);

  // Runs in active states that nobody works on any more: those of this server from before it
  // started (`own`), and those whose lease stood still for too long. They are queued again, or
  // failed as interrupted when they were begun too often. Answers which failed, for their schedule.
  struct Recovered {
    std::vector<std::int64_t> queued;
    std::vector<std::int64_t> given_up;
  };
  Result<Recovered> Recover(provider::SiteProvider& provider, bool own);

 private:
  struct Sighting {
    std::string token;
    std::int64_t heartbeat = 0;
    std::chrono::steady_clock::time_point since;
  };
  bool StoodStill(std::int64_t run, const std::string& token, std::int64_t heartbeat);

  Options options_;
  std::mutex mutex_;
  std::map<std::int64_t, Sighting> sightings_;  // of runs of others
  std::set<std::int64_t> mine_;                 // what this process works on
};

}  // namespace ww::manager
