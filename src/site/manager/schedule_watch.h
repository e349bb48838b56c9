// Looks at schedules: makes runs of those that are due, passes cancellations on.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "records.h"
#include "wimwright/database/table.h"
#include "wimwright/manager/offline_servicing_manager.h"

namespace ww::manager {

// What was seen of each schedule: its text and since when.
database::TableDefinition ScheduleWatchTable();

// Thread-safe.
class ScheduleWatch {
 public:
  ScheduleWatch(const ManagerOptions& options, ServicingLog& log) : options_(options), log_(log) {}

  // Somebody asked for the servicing of this image: what its schedules consist of is complete.
  void Requested(std::string_view package_id);

  // Answers the number of runs made.
  Result<std::size_t> Evaluate(provider::SiteProvider& provider);

 private:
  struct Seen {
    std::string text;
    TimePoint since;
    bool fresh = false;  // not in the table yet, or changed
  };
  Result<Seen> SeenOf(provider::Call& call, const cim::Instance& schedule);
  Status Remember(provider::Call& call, const cim::Instance& schedule, const Seen& seen);
  Result<std::size_t> Look(provider::Call& call, const cim::Instance& schedule);
  Result<bool> IsDue(provider::Call& call, const cim::Instance& schedule, const Seen& seen,
                     TimePoint now);
  bool IsSettled(const std::vector<cim::Instance>& images, const Seen& seen, TimePoint now);
  Result<std::size_t> Begin(provider::Call& call, cim::Instance schedule,
                            const std::vector<cim::Instance>& images);
  Status Cancel(provider::Call& call, cim::Instance schedule);

  const ManagerOptions& options_;
  ServicingLog& log_;
  std::mutex mutex_;
  std::set<std::string> requested_;  // images, in upper case
  std::set<std::int64_t> bad_;       // schedules whose text was complained about
};

// Makes one run for each image; the schedule is running from now on. `not_before`: a moment that
// the runs wait for.
Status MakeRun(provider::Call& call, const cim::Instance& schedule, const std::string& image,
               const std::vector<std::uint32_t>& updates);

}  // namespace ww::manager
