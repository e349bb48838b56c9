#include "watch.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "wimwright/provider/call.h"

namespace ww::events {
namespace {

using Json = nlohmann::json;
using cim::Instance;
using database::Expression;

constexpr std::string_view kRuns = "WW_ServicingRun";
constexpr std::size_t kMostMessages = 200;  // of one look; what is older can be queried

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What a list and a progress bar need; the rest is asked for when it is over.
Event RunEvent(const Instance& row) {
  Json out;
  for (const char* name :
       {"ImagePackageID", "ImageName", "State", "Phase", "Server", "ErrorCode"}) {
    out[name] = row[name].TextOr("");
  }
  for (const char* name : {"RunID", "ScheduleID", "Attempt", "PhaseNumber", "PhaseCount",
                           "BytesDone", "BytesTotal", "NewVersion"}) {
    out[name] = row[name].UintOr(0);
  }
  out["CancelRequested"] = row["CancelRequested"].BoolOr(false);
  out["Over"] = !row["Finished"].is_null();
  return {"run", Dump(out), row["ImagePackageID"].TextOr("")};
}

}  // namespace

Status Watch::LookAtRuns(provider::Call& call, std::vector<Event>& out) {
  std::map<std::int64_t, Event> now;
  WW_TRY(const auto rows, call.store.FindAll(kRuns, {{"Finished", cim::Value()}}), "runs");
  for (const auto& row : rows) now.emplace(row["RunID"].IntOr(0), RunEvent(row));
  for (const auto& [id, event] : now) {
    const auto before = runs_.find(id);
    if (before == runs_.end() || before->second.data != event.data) out.push_back(event);
  }
  for (const auto& [id, event] : runs_) {
    if (now.contains(id)) continue;
    WW_TRY(const auto row, call.store.FindOne(kRuns, {{"RunID", cim::Value::Int(id)}}), "run");
    if (row) out.push_back(RunEvent(*row));
  }
  runs_ = std::move(now);
  return {};
}

Status Watch::LookAtMessages(provider::Call& call, std::vector<Event>& out) {
  WW_TRY(const auto cls, call.store.schema().Get("SMS_StatusMessage"), "class");
  database::Select select;
  select.table = provider::TableNameOf(*cls);
  for (const char* name : {"RecordID", "MessageID", "Severity", "Component", "MachineName"}) {
    select.columns.push_back(Expression::Column(name));
  }
  select.order = {{Expression::Column("RecordID"), true}};
  select.limit = last_message_ ? kMostMessages : 1;
  if (last_message_) {
    select.where =
        Expression::Compare(database::Comparison::kGreater, Expression::Column("RecordID"),
                            Expression::Literal(database::Value(*last_message_)));
  }
  WW_TRY(auto rows, call.store.tx().Fetch(select), "messages");
  if (!last_message_) {
    last_message_ = rows.empty() ? 0 : rows[0][0].integer();
    return {};
  }
  if (rows.empty()) return {};
  last_message_ = rows[0][0].integer();
  bool elsewhere = rows.size() == kMostMessages;
  std::reverse(rows.begin(), rows.end());
  for (const auto& row : rows) {
    const Json one{{"RecordID", row[0].integer()},
                   {"MessageID", row[1].integer()},
                   {"Severity", row[2].integer()},
                   {"Component", std::string(row[3].text())}};
    out.push_back({"message", Dump(one), {}});
    const auto machine = std::string(row[4].text());
    elsewhere = elsewhere || !cim::SameName(machine, server_name_);
  }
  if (elsewhere) out.push_back({"changed", "{\"class\":\"*\"}", {}});
  return {};
}

Result<std::vector<Event>> Watch::Look() {
  std::vector<Event> out;
  const auto runs = runs_;
  const auto message = last_message_;
  const auto looked =
      provider_.Read(provider::SystemContext(), [&](provider::Call& call) -> Status {
        out.clear();
        runs_ = runs;
        last_message_ = message;
        WW_RETURN_IF_ERROR(LookAtRuns(call, out));
        return LookAtMessages(call, out);
      });
  if (!looked) {
    runs_ = runs;
    last_message_ = message;
    return Fail(looked.error());
  }
  if (std::exchange(first_, false)) out.clear();
  return out;
}

std::vector<Event> Watch::Running() const {
  std::vector<Event> out;
  for (const auto& [id, event] : runs_) out.push_back(event);
  return out;
}

}  // namespace ww::events
