// What the classes of the product show of runs: progress, history, update status, and the state of
// the schedule. All inside the caller's transaction, so that each moment is one of the reference's
// table of states (offline-servicing.md 3).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "outcome.h"
#include "servicing_log.h"
#include "wimwright/manager/run.h"

namespace ww::manager {

// SMS_ImageServicingSchedule.State and Action.
enum class ScheduleState : std::int32_t {
  kNone = 0,
  kScheduled = 1,
  kRunning = 2,
  kSucceeded = 3,
  kFailed = 4
};
enum class ScheduleAction : std::int32_t { kNone = 0, kRunNow = 1, kCancel = 2 };
// SMS_ImageServicingProgress.Status, SMS_ImageUpdateHistory.Status.
enum class ProgressStatus : std::int32_t { kRunning = 1, kSuccess = 2, kFailed = 3 };

struct RunEnd {
  RunState state = RunState::kFailed;  // a final one
  std::optional<Error> error;          // why not
  std::string note;                    // why a good end changed nothing; empty otherwise
  std::uint32_t failed_update = 0;     // CI_ID
  std::string report;                  // JSON; empty: the run's stays
  std::vector<UpdateResult> updates;
};

// A sentence without its full stop, to be part of another one.
std::string Clause(std::string sentence);

// What keeps a run from its end, or kept it: cause, code and next step. Nothing: no problem.
void SetProblem(cim::Instance& run, const std::optional<Error>& error);

// The run is begun: progress shows it running, the package is busy.
Status RecordBegin(provider::Call& call, ServicingLog& log, const Run& run);

// The run is done; and when it is the last of its schedule, so is the schedule (7901, 7902, 7910).
Status RecordEnd(provider::Call& call, ServicingLog& log, const Run& run, const RunEnd& end);

// Rows of SMS_ImageUpdateStatus.
Status RecordUpdates(provider::Call& call, const std::string& image,
                     const std::vector<UpdateResult>& updates);

// The schedule with this id; nothing when it was deleted.
Result<std::optional<cim::Instance>> ScheduleOf(provider::Call& call, std::int32_t id);
// Its name for messages; never empty (offline-servicing.md 8, last row).
std::string ScheduleNameOf(const cim::Instance& schedule);

}  // namespace ww::manager
