// The component SMS_OFFLINE_SERVICING_MANAGER: carries due schedules out, image by image, until the
// new version is published and handed to the distribution points (offline-servicing.md 4).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/log.h"
#include "wimwright/content/library.h"
#include "wimwright/database/database.h"
#include "wimwright/distmgr/distribution_manager.h"
#include "wimwright/provider/binding.h"
#include "wimwright/provider/site_provider.h"
#include "wimwright/schedule/time_zone.h"

namespace ww::manager {

// One file of a software update's contents.
struct UpdateFile {
  std::string name;
  content::ContentId id;
  std::uint64_t bytes = 0;
  bool downloaded = false;  // the library is said to have it
};
// The files of the update with this CI_ID: none when it has no content.
using ContentOfUpdate =
    std::function<Result<std::vector<UpdateFile>>(provider::Call& call, std::uint32_t ci_id)>;

// How often and after how long a run is begun again.
struct RetryPolicy {
  std::uint32_t most_attempts = 5;
  // After a failure that may pass by itself (busy, an input or output error); doubled each time.
  std::chrono::seconds first_delay{10};
};

struct ManagerOptions {
  database::Database* database = nullptr;  // all outlive the manager
  content::Library* library = nullptr;
  distmgr::DistributionManager* distribution = nullptr;
  ContentOfUpdate content_of_update;
  FileSystem* files = &RealFileSystem();
  const Clock* clock = &SystemClock();
  Logger* log = &NullLogger();         // OfflineServicingMgr.log
  Logger* engine_log = &NullLogger();  // dism.log: what the engine says of its work
  // Who this server is among several on one database; unique, and the same after a restart.
  std::string server_id;
  schedule::TimeZone zone = schedule::TimeZone::Utc();  // of tokens that are not in UTC
  std::filesystem::path cache_dir;                      // payload cache over all runs; "": none
  std::filesystem::path trust_store;  // see servicing::JobOptions; "": signatures are not checked
  unsigned workers = 1;               // images at a time; one uses all processors already
  unsigned threads = 0;               // of one image's work; 0: as many as the machine has
  RetryPolicy retry = {};
  std::chrono::milliseconds poll{2'000};       // for what other servers wrote
  std::chrono::milliseconds heartbeat{1'000};  // of a lease, and of the progress in the database
  // A lease whose heartbeat stands still for so long, by this server's own steady clock, belongs to
  // a dead server: no clocks are compared.
  std::chrono::milliseconds lease_timeout{30'000};
};

// For /metrics. Since the process began.
struct ManagerStatistics {
  std::uint64_t runs_succeeded = 0, runs_failed = 0, runs_cancelled = 0, runs_taken_over = 0;
  std::uint64_t updates_installed = 0;
  std::uint64_t bytes_read = 0, bytes_written = 0;
  double seconds = 0;  // of work on images
  std::uint32_t running = 0, queued = 0;
};

// Thread-safe. Several servers may run it on one database.
class OfflineServicingManager {
 public:
  // Defines its tables. Give Component() to ProviderOptions::components, open the provider, then
  // Attach() or Start(): nothing else may be called before.
  static Result<std::unique_ptr<OfflineServicingManager>> Open(ManagerOptions options);
  virtual ~OfflineServicingManager() = default;  // Stop()

  virtual std::function<void(provider::Bindings&)> Component() = 0;

  // Puts back into the queue what this server was doing when it was killed.
  virtual Status Attach(provider::SiteProvider& provider) = 0;
  // The same, with threads that do what is due.
  virtual Status Start(provider::SiteProvider& provider) = 0;
  // Running jobs are stopped at the next safe point and queued again.
  virtual void Stop() = 0;

  // What the threads do. Schedules and rules that are due become runs, cancellations are passed on,
  // runs of dead servers come back into the queue.
  virtual Status Evaluate() = 0;
  // Takes the next run of the queue and carries it out; false: there was none.
  virtual Result<bool> RunNext() = 0;

  virtual ManagerStatistics statistics() const = 0;
};

}  // namespace ww::manager
