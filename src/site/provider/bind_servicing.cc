// Offline servicing: schedules and what belongs to them (sms-schema.md, offline-servicing.md 3).
#include <fmt/format.h>

#include <map>

#include "bind.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/references.h"
#include "wimwright/schedule/token.h"

namespace ww::provider {
namespace {

using cim::Instance;

enum ScheduleState : int { kNone = 0, kScheduled = 1, kRunning = 2 };
enum ScheduleAction : int { kNoAction = 0, kRunNow = 1, kCancel = 2 };

constexpr const char* kImages = "SMS_ImageServicingScheduledImage";
constexpr const char* kUpdates = "SMS_ImageServicingScheduledUpdate";

Status CheckSchedule(const Instance& schedule) {
  const auto action = schedule["Action"].IntOr(0);
  if (action < kNoAction || action > kCancel) return BadValue("Action is 0, 1 or 2");
  const auto tokens = schedule::ParseSchedule(schedule["Schedule"].TextOr(""));
  if (!tokens) return BadValue(fmt::format("Schedule: {}", tokens.error().message));
  return {};
}

// Who reads or changes what an image has to do with needs the right on the image; a schedule
// without images is everybody's who may modify some image.
Result<Guard> GuardOfImage(Call& call, const Instance& instance) {
  return PackageGuard(call, instance["ImagePackageID"].TextOr(""));
}

Result<Guard> GuardOfSchedule(Call& call, const Instance& instance) {
  WW_TRY(const auto image, call.store.FindOne(kImages, {{"ScheduleID", instance["ScheduleID"]}}),
         "schedule");
  if (!image) return Guard{};
  return GuardOfImage(call, *image);
}

Status CheckMayService(Call& call) {
  if (call.context.user == SystemContext().user) return {};
  for (const auto type : {kTypeImagePackage, kTypeUpgradePackage}) {
    if (call.access.Somewhere(type, kOpModify)) return {};
  }
  return Denied(fmt::format("{} may not service images", call.context.user));
}

Status CreateSchedule(Call& call, Instance& made) {
  WW_RETURN_IF_ERROR(CheckMayService(call));
  WW_RETURN_IF_ERROR(CheckSchedule(made));
  WW_TRY(const auto id, NextIdentifier(call, "ScheduleID"), "ScheduleID");
  made.SetRaw("ScheduleID", cim::Value::Int(id));
  for (const char* flag : {"ContinueOnError", "UpdateDP", "RemoveSupersededUpdates"}) {
    if (made[flag].is_null()) made.SetRaw(flag, Flag(false));
  }
  for (const char* text : {"Name", "Description", "Schedule"}) {
    if (made[text].is_null()) made.SetRaw(text, Text(""));
  }
  if (made["Action"].is_null()) made.SetRaw("Action", cim::Value::Int(kNoAction));
  const bool waits = !made["Schedule"].TextOr("").empty() || made["Action"].IntOr(0) == kRunNow;
  made.SetRaw("State", cim::Value::Int(waits ? kScheduled : kNone));
  return {};
}

Status UpdateSchedule(Call& call, const Instance& before, Instance& changed, const Instance&) {
  WW_RETURN_IF_ERROR(CheckMayService(call));
  WW_RETURN_IF_ERROR(CheckSchedule(changed));
  // What happened to a schedule is not for clients to say.
  changed.SetRaw("State", before["State"]);
  changed.SetRaw("LastRunDateTime", before["LastRunDateTime"]);
  const auto action = changed["Action"].IntOr(0);
  const bool running = before["State"].IntOr(0) == kRunning;
  if (action == kCancel && !running) changed.SetRaw("State", cim::Value::Int(kNone));
  if (action == kRunNow && !running) changed.SetRaw("State", cim::Value::Int(kScheduled));
  const bool other_time =
      !(changed["Schedule"] == before["Schedule"]) && !changed["Schedule"].TextOr("").empty();
  if (other_time && !running) changed.SetRaw("State", cim::Value::Int(kScheduled));
  return {};
}

Status SavedSchedule(Call& call, const Instance& schedule, bool created) {
  if (created) return {};  // the component is woken by RunOfflineServicingManager, or by the time
  WW_TRY(const auto images, call.store.FindAll(kImages, {{"ScheduleID", schedule["ScheduleID"]}}),
         "images");
  if (schedule["Action"].IntOr(0) == kNoAction) return {};
  for (const auto& image : images) call.ServicingRequested(image["ImagePackageID"].TextOr(""));
  return {};
}

Result<bool> RemoveSchedule(Call& call, const Instance& schedule) {
  if (schedule["State"].IntOr(0) == kRunning) {
    return Fail(cim::ProviderError(cim::ProviderCode::kBusy,
                                   "the schedule is running: cancel it first (Action 2)"));
  }
  for (const char* joined : {kImages, kUpdates, "SMS_ImageServicingProgress"}) {
    WW_TRY_STATUS(call.store.DeleteAll(joined, {{"ScheduleID", schedule["ScheduleID"]}})
                      .map([](std::uint64_t) {}),
                  joined);
  }
  return false;
}

// Rows that only join: the schedule must exist and not run.
Status CheckJoins(Call& call, const Instance& row) {
  WW_RETURN_IF_ERROR(CheckMayService(call));
  WW_TRY(const auto schedule,
         call.store.FindOne("SMS_ImageServicingSchedule", {{"ScheduleID", row["ScheduleID"]}}),
         "schedule");
  if (!schedule) {
    return Missing(fmt::format("there is no schedule {}", row["ScheduleID"].IntOr(0)));
  }
  if ((*schedule)["State"].IntOr(0) == kRunning) {
    return Fail(cim::ProviderError(cim::ProviderCode::kBusy, "the schedule is running"));
  }
  return {};
}

Status CreateScheduledImage(Call& call, Instance& row) {
  WW_RETURN_IF_ERROR(CheckJoins(call, row));
  return ImageOf(call, row["ImagePackageID"].TextOr("")).map([](const Instance&) {});
}

Status CreateScheduledUpdate(Call& call, Instance& row) {
  WW_RETURN_IF_ERROR(CheckJoins(call, row));
  const auto id = row["UpdateID"].IntOr(0);
  WW_TRY(const auto update,
         call.store.FindOne("SMS_SoftwareUpdate",
                            {{"CI_ID", Number(static_cast<std::uint64_t>(id < 0 ? 0 : id))}}),
         "update");
  if (!update) return Missing(fmt::format("there is no software update {}", id));
  return {};
}

Result<bool> RemoveJoin(Call& call, const Instance& row) {
  WW_RETURN_IF_ERROR(CheckJoins(call, row));
  return false;
}

// Without a result it is still to be done.
Status CreateScanRequest(Call& call, Instance& row) {
  row.SetRaw("Status", cim::Value());
  row.SetRaw("LastRunDateTime", cim::Value());
  return ImageOf(call, row["ImagePackageID"].TextOr("")).map([](const Instance&) {});
}

Status SavedScanRequest(Call& call, const Instance& row, bool created) {
  static_cast<void>(created);
  call.ScanRequested(row["ImagePackageID"].TextOr(""));
  return {};
}

Status EnumerateStatusView(Call& call, const cim::InstanceSink& sink) {
  WW_TRY(const auto all, call.store.FindAll("SMS_ImageUpdateStatus", {}), "status");
  for (const auto& status : all) {
    WW_TRY(auto row, call.store.Make("SMS_ImageUpdateStatusView"), "row");
    for (const char* name : {"ImageIndex", "ImagePackageID", "UpdateID"}) {
      row.SetRaw(name, status[name]);
    }
    row.SetRaw("ErrorCode", status["UpdateInstallationStatus"]);
    WW_TRY(const auto package,
           call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", status["ImagePackageID"]}}),
           "package");
    if (package) {
      row.SetRaw("PackageName", (*package)["Name"]);
      row.SetRaw("PackageDescription", (*package)["Description"]);
    }
    if (!sink(row)) break;
  }
  return {};
}

Status EnumerateFailed(Call& call, const cim::InstanceSink& sink) {
  WW_TRY(const auto all, call.store.FindAll("SMS_ImageUpdateStatus", {}), "status");
  struct Failed {
    cim::Value title;
    std::map<std::string, bool> images;
  };
  std::map<std::int64_t, Failed> updates;
  for (const auto& status : all) {
    if (status["UpdateInstallationStatus"].IntOr(0) == 0) continue;
    // Images that the caller may not read do not count, either.
    WW_TRY(const auto guard, GuardOfImage(call, status), "image");
    WW_TRY(const auto visible, call.access.On(call.store, guard.type, guard.key, kOpRead),
           "access");
    if (!visible) continue;
    auto& failed = updates[status["UpdateID"].IntOr(0)];
    failed.title = status["UpdateTitle"];
    failed.images[status["ImagePackageID"].TextOr("")] = true;
  }
  for (const auto& [id, failed] : updates) {
    WW_TRY(auto row, call.store.Make("SMS_FailedImageUpdateView"), "row");
    row.SetRaw("UpdateID", cim::Value::Int(id));
    row.SetRaw("Title", failed.title);
    row.SetRaw("FailedImageCount",
               cim::Value::Int(static_cast<std::int64_t>(failed.images.size())));
    if (!sink(row)) break;
  }
  return {};
}

}  // namespace

void BindServicing(Bindings& bindings) {
  auto& schedule = bindings["SMS_ImageServicingSchedule"];
  schedule.generated_key = "ScheduleID";
  schedule.guard = GuardOfSchedule;
  schedule.write_operations = kOpModify;
  schedule.create = CreateSchedule;
  schedule.update = UpdateSchedule;
  schedule.saved = SavedSchedule;
  schedule.remove = RemoveSchedule;

  auto& image = bindings[kImages];
  image.guard = GuardOfImage;
  image.write_operations = kOpModify;
  image.create = CreateScheduledImage;
  image.remove = RemoveJoin;
  auto& update = bindings[kUpdates];
  update.guard = GuardOfSchedule;
  update.write_operations = kOpModify;
  update.create = CreateScheduledUpdate;
  update.remove = RemoveJoin;
  auto& scan = bindings["SMS_ImageServicingScanRequest"];
  scan.guard = GuardOfImage;
  scan.write_operations = kOpModify;
  scan.create = CreateScanRequest;
  scan.update = [](Call& call, const Instance&, Instance& changed, const Instance&) {
    return CreateScanRequest(call, changed);
  };
  scan.saved = SavedScanRequest;

  for (const char* name :
       {"SMS_ImageServicingProgress", "SMS_ImageUpdateStatus", "SMS_ImageUpdateHistory"}) {
    auto& binding = bindings[name];
    binding.clients_write = false;
    binding.guard = GuardOfImage;
  }
  auto& view = bindings["SMS_ImageUpdateStatusView"];
  view.source = ClassBinding::Source::kComputed;
  view.guard = GuardOfImage;
  view.enumerate = EnumerateStatusView;
  auto& failed = bindings["SMS_FailedImageUpdateView"];
  failed.source = ClassBinding::Source::kComputed;
  failed.enumerate = EnumerateFailed;
  bindings["SMS_SupportedPlatformsOfflineServicing"].clients_write = false;
}

}  // namespace ww::provider
