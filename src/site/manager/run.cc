#include "wimwright/manager/run.h"

#include <fmt/format.h>

#include <array>

namespace ww::manager {
namespace {

constexpr std::array<std::string_view, 10> kNames = {
    "Queued",     "Staging",      "Planning",  "Applying", "Verifying",
    "Publishing", "Distributing", "Succeeded", "Failed",   "Cancelled"};

}  // namespace

std::string_view StateName(RunState state) { return kNames[static_cast<std::size_t>(state)]; }

RunState StateOf(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<RunState>(i);
  }
  return RunState::kFailed;
}

Run RunOf(const cim::Instance& row) {
  Run run;
  run.id = row["RunID"].IntOr(0);
  run.schedule_id = static_cast<std::int32_t>(row["ScheduleID"].IntOr(0));
  run.image = row["ImagePackageID"].TextOr("");
  run.state = StateOf(row["State"].TextOr(""));
  run.attempt = static_cast<std::uint32_t>(row["Attempt"].UintOr(0));
  run.server = row["Server"].TextOr("");
  run.cancel_requested = row["CancelRequested"].BoolOr(false);
  run.continue_on_error = row["ContinueOnError"].BoolOr(false);
  run.update_dp = row["UpdateDP"].BoolOr(false);
  run.remove_superseded = row["RemoveSupersededUpdates"].BoolOr(false);
  for (const auto& id : provider::List(row["UpdateIDs"])) {
    run.updates.push_back(static_cast<std::uint32_t>(id.UintOr(0)));
  }
  run.base_version = static_cast<std::uint32_t>(row["BaseVersion"].UintOr(0));
  run.new_content = row["NewContentID"].TextOr("");
  if (const auto* time = row["RunDateTime"].AsDate()) run.run_time = *time;
  return run;
}

Result<cim::Instance> RunRow(provider::Call& call, std::int64_t id) {
  WW_TRY(auto row, call.store.FindOne(kRunClass, {{"RunID", cim::Value::Int(id)}}), "run");
  if (!row) return Fail(Code::kNotFound, fmt::format("there is no servicing run {}", id));
  return *std::move(row);
}

Status ChangeRun(provider::Call& call, std::int64_t id,
                 const std::function<void(cim::Instance&)>& change) {
  WW_TRY(auto row, RunRow(call, id), "run");
  change(row);
  return call.store.Save(row);
}

void SetState(cim::Instance& row, RunState state) {
  row.SetRaw("State", provider::Text(StateName(state)));
}

}  // namespace ww::manager
