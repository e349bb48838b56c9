// Carries one package version out: reads again what is asked for, fetches what is missing.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>

#include "point_state.h"
#include "puller.h"
#include "wimwright/http/metrics.h"

namespace ww::distribution {

// Files that several packages want are fetched by one.
class InFlight {
 public:
  // Waits until nobody else has it. kCancelled.
  Status Enter(const content::ContentId& id, const Cancellation& cancellation);
  void Leave(const content::ContentId& id);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<content::ContentId> ids_;
};

struct WorkerOptions {
  PointState* state = nullptr;
  content::Library* library = nullptr;
  const Puller* puller = nullptr;
  InFlight* in_flight = nullptr;
  Logger* log = &NullLogger();
};

struct WorkResult {
  Status status;
  std::uint64_t bytes_sent = 0;  // for the version so far
  std::vector<content::ContentId> damaged;
};

WorkResult CarryOut(const WorkerOptions& options, const Held& held, SiteLink& link);

}  // namespace ww::distribution
