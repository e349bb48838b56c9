// A servicing run: one image of one schedule, once. Kept as WW_ServicingRun.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/cim/datetime.h"
#include "wimwright/provider/call.h"

namespace ww::manager {

enum class RunState {
  kQueued,
  kStaging,
  kPlanning,
  kApplying,
  kVerifying,
  kPublishing,
  kDistributing,
  kSucceeded,
  kFailed,
  kCancelled,
};
std::string_view StateName(RunState state);  // "Queued"
RunState StateOf(std::string_view name);     // kFailed for what is no state
constexpr bool IsFinal(RunState state) { return state >= RunState::kSucceeded; }
// Queued runs wait, final ones are done: the rest is in somebody's hands.
constexpr bool IsActive(RunState state) { return state != RunState::kQueued && !IsFinal(state); }

inline constexpr std::string_view kRunClass = "WW_ServicingRun";

struct Run {
  std::int64_t id = 0;
  std::int32_t schedule_id = 0;
  std::string image;  // PackageID
  RunState state = RunState::kQueued;
  std::uint32_t attempt = 0;
  std::string server;
  bool cancel_requested = false;
  bool continue_on_error = false;
  bool update_dp = false;
  bool remove_superseded = false;
  std::vector<std::uint32_t> updates;  // CI_IDs
  std::uint32_t base_version = 0;
  std::string new_content;  // hex; empty: nothing proven yet
  std::optional<cim::DateTime> run_time;
};
Run RunOf(const cim::Instance& row);

// kNotFound when the run is gone.
Result<cim::Instance> RunRow(provider::Call& call, std::int64_t id);
// Reads, changes and writes the row: inside one transaction, so nothing that others wrote is lost.
Status ChangeRun(provider::Call& call, std::int64_t id,
                 const std::function<void(cim::Instance&)>& change);
void SetState(cim::Instance& row, RunState state);

}  // namespace ww::manager
