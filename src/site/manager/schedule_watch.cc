#include "schedule_watch.h"

#include <fmt/format.h>

#include "due.h"
#include "wimwright/base/text.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/schedule/token.h"

namespace ww::manager {
namespace {

using cim::Instance;
using cim::Value;
using database::Expression;
using provider::Call;

constexpr const char* kWatch = "ServicingScheduleWatch";
constexpr const char* kSchedule = "SMS_ImageServicingSchedule";

// Scripts put a schedule first and its images and updates after it. Until somebody says that it is
// complete (RunOfflineServicingManager), it is left alone for so long.
constexpr std::chrono::seconds kSettling{10};

ScheduleState StateIn(const Instance& schedule) {
  return static_cast<ScheduleState>(schedule["State"].IntOr(0));
}
ScheduleAction ActionIn(const Instance& schedule) {
  return static_cast<ScheduleAction>(schedule["Action"].IntOr(0));
}

Value Number(auto value) { return Value::Int(static_cast<std::int64_t>(value)); }

std::int64_t Micros(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

TimePoint FromMicros(std::int64_t micros) { return TimePoint(std::chrono::microseconds(micros)); }

}  // namespace

database::TableDefinition ScheduleWatchTable() {
  using database::ColumnType;
  return {kWatch,
          {{.name = "ScheduleID", .type = ColumnType::kInteger, .key = true},
           {.name = "Text", .type = ColumnType::kText, .not_null = true},
           {.name = "Since", .type = ColumnType::kInteger, .not_null = true}}};
}

void ScheduleWatch::Requested(std::string_view package_id) {
  const std::lock_guard lock(mutex_);
  requested_.insert(ToUpperAscii(package_id));
}

Result<ScheduleWatch::Seen> ScheduleWatch::SeenOf(Call& call, const Instance& schedule) {
  database::Select select;
  select.table = kWatch;
  select.columns = {Expression::Column("Text"), Expression::Column("Since")};
  select.where = Expression::Equal("ScheduleID", schedule["ScheduleID"].IntOr(0));
  WW_TRY(const auto row, call.store.tx().FetchOne(select), "schedule watch");
  const auto now = options_.clock->Now();
  Seen seen{schedule["Schedule"].TextOr(""), now, true};
  if (!row || (*row)[0].text() != seen.text) return seen;
  seen.since = FromMicros((*row)[1].integer());
  seen.fresh = false;
  // The clock was set back: what is written lies in the future and would hold the schedule up.
  if (seen.since > now) {
    seen.since = now;
    seen.fresh = true;
  }
  return seen;
}

Status ScheduleWatch::Remember(Call& call, const Instance& schedule, const Seen& seen) {
  const database::Row rows[] = {{schedule["ScheduleID"].IntOr(0), seen.text, Micros(seen.since)}};
  return call.store.tx()
      .Upsert(kWatch, {"ScheduleID", "Text", "Since"}, rows)
      .map([](std::uint64_t) {});
}

Result<std::size_t> ScheduleWatch::Evaluate(provider::SiteProvider& provider) {
  std::vector<Instance> all;
  WW_RETURN_IF_ERROR(provider.Read(provider::SystemContext(), [&](Call& call) -> Status {
    WW_TRY(all, call.store.FindAll(kSchedule, {}), "schedules");
    return {};
  }));
  std::size_t made = 0;
  for (const auto& schedule : all) {
    const auto state = StateIn(schedule);
    const bool cancel = ActionIn(schedule) == ScheduleAction::kCancel;
    if (state == ScheduleState::kRunning && !cancel) continue;
    if (state == ScheduleState::kNone) continue;
    // What is done stays done, unless it recurs.
    const auto tokens = schedule::ParseSchedule(schedule["Schedule"].TextOr(""));
    const bool over = state == ScheduleState::kSucceeded || state == ScheduleState::kFailed;
    if (over && !cancel && (!tokens || !Recurs(*tokens))) continue;
    std::size_t now_made = 0;
    WW_RETURN_IF_ERROR(provider.Transact(provider::SystemContext(), [&](Call& call) -> Status {
      WW_TRY(now_made, Look(call, schedule), "schedule");
      return {};
    }));
    made += now_made;
  }
  return made;
}

Result<std::size_t> ScheduleWatch::Look(Call& call, const Instance& read) {
  // Again, now that nobody else can change it.
  WW_TRY(const auto schedule,
         ScheduleOf(call, static_cast<std::int32_t>(read["ScheduleID"].IntOr(0))), "schedule");
  if (!schedule) return std::size_t{0};
  if (ActionIn(*schedule) == ScheduleAction::kCancel) {
    WW_RETURN_IF_ERROR(Cancel(call, *schedule));
    return std::size_t{0};
  }
  if (StateIn(*schedule) == ScheduleState::kRunning) return std::size_t{0};
  WW_TRY(auto seen, SeenOf(call, *schedule), "schedule watch");
  if (seen.fresh) WW_RETURN_IF_ERROR(Remember(call, *schedule, seen));
  const auto now = options_.clock->Now();
  WW_TRY(const auto due, IsDue(call, *schedule, seen, now), "schedule");
  if (!due) return std::size_t{0};
  WW_TRY(const auto images,
         call.store.FindAll("SMS_ImageServicingScheduledImage",
                            {{"ScheduleID", (*schedule)["ScheduleID"]}}),
         "images");
  if (!IsSettled(images, seen, now)) return std::size_t{0};
  if (ActionIn(*schedule) == ScheduleAction::kRunNow) {
    log_.Line("Schedule with ID {} (Schedule Name = {}) is marked for RunNow by the administrator",
              (*schedule)["ScheduleID"].IntOr(0), (*schedule)["Name"].TextOr(""));
  }
  seen.since = now;
  WW_RETURN_IF_ERROR(Remember(call, *schedule, seen));
  return Begin(call, *schedule, images);
}

Result<bool> ScheduleWatch::IsDue(Call& call, const Instance& schedule, const Seen& seen,
                                  TimePoint now) {
  static_cast<void>(call);
  if (ActionIn(schedule) == ScheduleAction::kRunNow) return true;
  const auto id = schedule["ScheduleID"].IntOr(0);
  const auto tokens = schedule::ParseSchedule(seen.text);
  if (!tokens) {
    const std::lock_guard lock(mutex_);
    if (bad_.insert(id).second) {
      log_.Line("Schedule with ID {} has a schedule string with an error: {}", id,
                tokens.error().message);
    }
    return false;
  }
  auto since = seen.since;
  bool never_ran = true;
  if (const auto* last = schedule["LastRunDateTime"].AsDate()) {
    never_ran = last->ToUtc() < seen.since;
    since = std::max(since, std::min(last->ToUtc(), now));
  }
  const auto due = DueAt(*tokens, since, never_ran, now, options_.zone);
  return due && *due <= now;
}

bool ScheduleWatch::IsSettled(const std::vector<Instance>& images, const Seen& seen,
                              TimePoint now) {
  if (now - seen.since >= kSettling) return true;
  const std::lock_guard lock(mutex_);
  for (const auto& image : images) {
    if (requested_.contains(ToUpperAscii(image["ImagePackageID"].TextOr("")))) return true;
  }
  return false;
}

Result<std::size_t> ScheduleWatch::Begin(Call& call, Instance schedule,
                                         const std::vector<Instance>& images) {
  const auto id = schedule["ScheduleID"].IntOr(0);
  const auto name = ScheduleNameOf(schedule);
  WW_TRY(const auto rows,
         call.store.FindAll("SMS_ImageServicingScheduledUpdate",
                            {{"ScheduleID", schedule["ScheduleID"]}}),
         "updates");
  std::vector<std::uint32_t> updates;
  for (const auto& row : rows) {
    updates.push_back(static_cast<std::uint32_t>(row["UpdateID"].IntOr(0)));
  }
  log_.Line("The Schedule with ID {} will be run now. It's run time is at {}", id,
            StatusDate(call.now));
  log_.Line("Processing started for Schedule with ID {} (Schedule Name = {})", id, name);
  WW_RETURN_IF_ERROR(log_.Raise(call, Message::kScheduleBegins, {std::to_string(id), name}));
  schedule.SetRaw("LastRunDateTime", call.Now());
  schedule.SetRaw("Action", Number(ScheduleAction::kNone));
  schedule.SetRaw("State", Number(ScheduleState::kRunning));
  if (images.empty()) {
    schedule.SetRaw("State", Number(ScheduleState::kFailed));
    WW_RETURN_IF_ERROR(call.store.Save(schedule));
    log_.Line("Schedule with ID {} has no image: error, nothing was done", id);
    WW_RETURN_IF_ERROR(log_.Raise(call, Message::kScheduleFailed, {std::to_string(id), name}));
    log_.Line("Schedule processing failed");
    return std::size_t{0};
  }
  WW_RETURN_IF_ERROR(call.store.Save(schedule));
  for (const auto& image : images) {
    const auto package = image["ImagePackageID"].TextOr("");
    WW_RETURN_IF_ERROR(MakeRun(call, schedule, package, updates));
    const std::lock_guard lock(mutex_);
    requested_.erase(ToUpperAscii(package));
  }
  log_.Line("Initialization of schedule processing succeeded");
  return images.size();
}

Status MakeRun(Call& call, const Instance& schedule, const std::string& image,
               const std::vector<std::uint32_t>& updates) {
  WW_TRY(const auto id, provider::NextNumber(call, "RunID"), "RunID");
  WW_TRY(const auto package,
         call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", provider::Text(image)}}),
         "image");
  WW_TRY(auto row, call.store.Make(kRunClass), "run");
  row.SetRaw("RunID", Value::Int(id));
  row.SetRaw("ScheduleID", schedule["ScheduleID"]);
  row.SetRaw("ImagePackageID", provider::Text(image));
  row.SetRaw("ImageName", package ? (*package)["Name"] : provider::Text(""));
  SetState(row, RunState::kQueued);
  row.SetRaw("Attempt", provider::Number(0));
  row.SetRaw("Created", call.Now());
  row.SetRaw("CancelRequested", provider::Flag(false));
  for (const char* flag : {"ContinueOnError", "UpdateDP", "RemoveSupersededUpdates"}) {
    row.SetRaw(flag, provider::Flag(schedule[flag].BoolOr(false)));
  }
  Value::Array ids;
  for (const auto update : updates) ids.push_back(Value::Int(update));
  row.SetRaw("UpdateIDs", Value::Of(std::move(ids)));
  for (const char* number : {"PhaseNumber", "PhaseCount", "BytesDone", "BytesTotal", "BaseVersion",
                             "NewVersion", "SizeBefore", "SizeAfter", "HResult"}) {
    row.SetRaw(number, provider::Number(0));
  }
  for (const char* number : {"Win32ErrorCode", "FailedUpdateID"}) {
    row.SetRaw(number, Value::Int(0));
  }
  for (const char* text : {"Server", "Phase", "NewContentID", "BuildBefore", "BuildAfter",
                           "ErrorCode", "Reason", "NextStep", "Report"}) {
    row.SetRaw(text, provider::Text(""));
  }
  return call.store.Insert(row);
}

Status ScheduleWatch::Cancel(Call& call, Instance schedule) {
  schedule.SetRaw("Action", Number(ScheduleAction::kNone));
  const bool running = StateIn(schedule) == ScheduleState::kRunning;
  if (!running) schedule.SetRaw("State", Number(ScheduleState::kNone));
  WW_RETURN_IF_ERROR(call.store.Save(schedule));
  if (!running) return {};
  WW_TRY(auto rows, call.store.FindAll(kRunClass, {{"ScheduleID", schedule["ScheduleID"]}}),
         "runs");
  for (auto& row : rows) {
    const auto run = RunOf(row);
    if (IsFinal(run.state)) continue;
    row.SetRaw("CancelRequested", provider::Flag(true));
    WW_RETURN_IF_ERROR(call.store.Save(row));
    if (run.state != RunState::kQueued) continue;
    RunEnd end;
    end.state = RunState::kCancelled;
    end.error = Error{Code::kCancelled, "cancelled before it began", {}, 0};
    WW_RETURN_IF_ERROR(RecordEnd(call, log_, run, end));
  }
  log_.Line("Cancellation of schedule with ID {} was requested", schedule["ScheduleID"].IntOr(0));
  return {};
}

}  // namespace ww::manager
