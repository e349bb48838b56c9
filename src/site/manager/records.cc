#include "records.h"

#include <fmt/format.h>

#include <algorithm>

#include "wimwright/servicing/windows_code.h"

namespace ww::manager {
namespace {

using cim::Instance;
using cim::Value;
using provider::Call;
using provider::Text;

Value Int(std::int64_t number) { return Value::Int(number); }

template <typename Enum>
Value Of(Enum value) {
  return Int(static_cast<std::int64_t>(value));
}

// Progress of this image in this schedule.
Result<Instance> ProgressRow(Call& call, const Run& run) {
  WW_TRY(auto row,
         call.store.FindOne("SMS_ImageServicingProgress", {{"ImagePackageID", Text(run.image)},
                                                           {"ScheduleID", Int(run.schedule_id)}}),
         "progress");
  if (row) return *std::move(row);
  WW_TRY(auto made, call.store.Make("SMS_ImageServicingProgress"), "progress");
  made.SetRaw("ImagePackageID", Text(run.image));
  made.SetRaw("ScheduleID", Int(run.schedule_id));
  return made;
}

Status SaveProgress(Call& call, const Run& run, ProgressStatus status, const cim::DateTime& began,
                    std::int32_t win32, std::uint32_t failed_update) {
  WW_TRY(auto row, ProgressRow(call, run), "progress");
  row.SetRaw("RunDateTime", Value::Date(began));
  row.SetRaw("Status", Of(status));
  row.SetRaw("Win32ErrorCode", Int(win32));
  row.SetRaw("FailedUpdateID", Int(failed_update));
  return call.store.Save(row);
}

Status SaveHistory(Call& call, const Run& run, const RunEnd& end, const cim::DateTime& began) {
  WW_TRY(auto row, call.store.Make("SMS_ImageUpdateHistory"), "history");
  row.SetRaw("ImagePackageID", Text(run.image));
  row.SetRaw("ScheduleID", Int(run.schedule_id));
  row.SetRaw("RunDateTime", Value::Date(began));
  row.SetRaw("FailedUpdateID", Int(end.failed_update));
  row.SetRaw("Status", Of(end.state == RunState::kSucceeded ? ProgressStatus::kSuccess
                                                            : ProgressStatus::kFailed));
  return call.store.Save(row);
}

Status SetBusy(Call& call, const std::string& image, bool busy) {
  WW_TRY(auto package, call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", Text(image)}}),
         "package");
  if (!package) return {};
  package->SetRaw("ActionInProgress", provider::Number(busy ? 1 : 0));
  return call.store.Save(*package);
}

// Rows of the last runs of a schedule: those since it was set running.
Status EndSchedule(Call& call, ServicingLog& log, const Run& run) {
  WW_TRY(const auto rows, call.store.FindAll(kRunClass, {{"ScheduleID", Int(run.schedule_id)}}),
         "runs");
  // The runs of the occasion that this one belongs to were made at the same moment.
  WW_TRY(const auto self, RunRow(call, run.id), "run");
  bool failed = false, cancelled = false;
  for (const auto& row : rows) {
    if (!(row["Created"] == self["Created"])) continue;
    const auto state = StateOf(row["State"].TextOr(""));
    if (!IsFinal(state)) return {};
    failed = failed || state == RunState::kFailed;
    cancelled = cancelled || state == RunState::kCancelled;
  }
  WW_TRY(auto schedule, ScheduleOf(call, run.schedule_id), "schedule");
  if (!schedule) return {};
  const auto name = ScheduleNameOf(*schedule);
  const auto id = std::to_string(run.schedule_id);
  auto state = ScheduleState::kSucceeded;
  auto message = Message::kScheduleDone;
  if (cancelled) {
    state = ScheduleState::kNone;
    message = Message::kScheduleCancelled;
  } else if (failed) {
    state = ScheduleState::kFailed;
    message = Message::kScheduleFailed;
  }
  schedule->SetRaw("State", Of(state));
  if ((*schedule)["Action"].IntOr(0) == static_cast<int>(ScheduleAction::kCancel)) {
    schedule->SetRaw("Action", Of(ScheduleAction::kNone));
  }
  WW_RETURN_IF_ERROR(call.store.Save(*schedule));
  WW_RETURN_IF_ERROR(log.Raise(call, message, {id, name}));
  if (cancelled) {
    log.Line("Schedule with ID {} ({}) was cancelled", id, name);
  } else if (failed) {
    log.Line("Schedule processing failed");
  } else {
    log.Line("Schedule processing succeeded");
  }
  return {};
}

}  // namespace

Result<std::optional<Instance>> ScheduleOf(Call& call, std::int32_t id) {
  return call.store.FindOne("SMS_ImageServicingSchedule", {{"ScheduleID", Int(id)}});
}

std::string ScheduleNameOf(const Instance& schedule) {
  auto name = schedule["Name"].TextOr("");
  return name.empty() ? fmt::format("Schedule {}", schedule["ScheduleID"].IntOr(0)) : name;
}

std::string Clause(std::string sentence) {
  if (sentence.ends_with('.')) sentence.pop_back();
  return sentence;
}

void SetProblem(Instance& run, const std::optional<Error>& error) {
  run.SetRaw("ErrorCode", Text(error ? CodeName(error->code) : ""));
  run.SetRaw("HResult", provider::Number(error ? servicing::WindowsCodeOf(*error).value : 0));
  run.SetRaw("Reason", Text(error ? error->message : ""));
  run.SetRaw("NextStep", Text(error ? servicing::NextStepOf(*error) : ""));
}

Status RecordBegin(Call& call, ServicingLog& log, const Run& run) {
  const auto began = run.run_time.value_or(call.now);
  WW_RETURN_IF_ERROR(ChangeRun(call, run.id, [&](Instance& row) {
    row.SetRaw("RunDateTime", Value::Date(began));
    SetProblem(row, {});
  }));
  WW_RETURN_IF_ERROR(SaveProgress(call, run, ProgressStatus::kRunning, began, 0, 0));
  WW_RETURN_IF_ERROR(SetBusy(call, run.image, true));
  log.Line("Processing image package {} (run {}, attempt {})", run.image, run.id, run.attempt);
  return {};
}

Status RecordUpdates(Call& call, const std::string& image,
                     const std::vector<UpdateResult>& updates) {
  for (const auto& result : updates) {
    const auto update = Int(result.update);
    const auto index = Int(result.index);
    WW_TRY(auto row,
           call.store.FindOne(
               "SMS_ImageUpdateStatus",
               {{"ImagePackageID", Text(image)}, {"ImageIndex", index}, {"UpdateID", update}}),
           "update status");
    if (!row) {
      WW_TRY(row, call.store.Make("SMS_ImageUpdateStatus"), "update status");
      row->SetRaw("ImagePackageID", Text(image));
      row->SetRaw("ImageIndex", index);
      row->SetRaw("UpdateID", update);
    }
    WW_TRY(const auto item,
           call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", provider::Number(result.update)}}),
           "update");
    row->SetRaw("UpdateTitle", item ? (*item)["LocalizedDisplayName"] : Text(""));
    row->SetRaw("UpdateStatus", Of(result.status));
    row->SetRaw("UpdateInstallationStatus", Int(result.error));
    if (result.installed_now) row->SetRaw("AppliedDateTime", call.Now());
    WW_RETURN_IF_ERROR(call.store.Save(*row));
  }
  return {};
}

Status RecordEnd(Call& call, ServicingLog& log, const Run& run, const RunEnd& end) {
  const auto began = run.run_time.value_or(call.now);
  const auto win32 = end.error ? Win32Of(*end.error) : 0;
  WW_RETURN_IF_ERROR(ChangeRun(call, run.id, [&](Instance& row) {
    SetState(row, end.state);
    row.SetRaw("Finished", call.Now());
    row.SetRaw("NotBefore", Value());
    row.SetRaw("FailedUpdateID", Int(end.failed_update));
    row.SetRaw("Win32ErrorCode", Int(win32));
    SetProblem(row, end.error);
    if (!end.error && !end.note.empty()) row.SetRaw("Reason", Text(end.note));
    if (!end.report.empty()) row.SetRaw("Report", Text(end.report));
  }));
  const bool good = end.state == RunState::kSucceeded;
  WW_RETURN_IF_ERROR(SaveProgress(call, run,
                                  good ? ProgressStatus::kSuccess : ProgressStatus::kFailed, began,
                                  win32, end.failed_update));
  WW_RETURN_IF_ERROR(SaveHistory(call, run, end, began));
  WW_RETURN_IF_ERROR(RecordUpdates(call, run.image, end.updates));
  WW_RETURN_IF_ERROR(SetBusy(call, run.image, false));
  if (end.error && !good) {
    log.Line("Image package {} is as it was. Cause: {}. Next step: {}. Error {} ({})", run.image,
             end.error->message, Clause(servicing::NextStepOf(*end.error)), win32,
             CodeName(end.error->code));
  }
  log.Line("Completed processing image package {}. Status = {}", run.image,
           end.state == RunState::kCancelled ? "Cancelled"
           : good                            ? "Success"
                                             : "Failed");
  log.Line("Updated history for image package {} in the database", run.image);
  return EndSchedule(call, log, run);
}

}  // namespace ww::manager
