// Rows of WW_DistributionProgress, and what goes with them.
#include <fmt/format.h>

#include "dispatch.h"
#include "rows.h"
#include "tables.h"
#include "wimwright/provider/identifiers.h"

namespace ww::distmgr {

using cim::Instance;
using provider::Call;
using provider::Number;
using provider::Text;

namespace {

constexpr std::string_view kProgress = "WW_DistributionProgress";
constexpr std::string_view kState = "SMS_PackageStatusDistPointsSummarizer";

Status Done(Result<std::uint64_t> changed) {
  return std::move(changed).map([](std::uint64_t) {});
}

}  // namespace

Result<Instance> ProgressOf(Call& call, std::string_view package_id, std::string_view nal_path) {
  WW_TRY(auto found,
         call.store.FindOne(kProgress,
                            {{"PackageID", Text(package_id)}, {"ServerNALPath", Text(nal_path)}}),
         "progress");
  if (found) return *std::move(found);
  WW_TRY(auto row, call.store.Make(kProgress), "progress");
  WW_TRY(const auto id, provider::NextNumber(call, "DistributionProgress"), "progress");
  row.SetRaw("PackageID", Text(package_id));
  row.SetRaw("ServerNALPath", Text(nal_path));
  row.SetRaw("ID", Number(static_cast<std::uint64_t>(id)));
  for (const char* name : {"SourceVersion", "State", "Request", "BytesTotal", "BytesDone",
                           "BytesSent", "Attempts", "MessageID", "MessageSeverity"}) {
    row.SetRaw(name, Number(0));
  }
  row.SetRaw("Verify", provider::Flag(false));
  row.SetRaw("Problem", Text(""));
  return row;
}

Result<std::optional<Instance>> StateOf(Call& call, std::string_view package_id,
                                        std::string_view nal_path) {
  return call.store.FindOne(kState,
                            {{"PackageID", Text(package_id)}, {"ServerNALPath", Text(nal_path)}});
}

Status TellOf(Call& call, Instance& progress, std::uint32_t message,
              std::vector<std::string> strings, std::uint32_t win32_error) {
  const auto id = progress["PackageID"].TextOr("");
  const auto nal = progress["ServerNALPath"].TextOr("");
  cim::Value::Array shown;
  for (const auto& string : strings) shown.push_back(Text(string));
  WW_TRY(const auto record, Tell(call, message, std::move(strings), id, nal, win32_error),
         "status message");
  progress.SetRaw("MessageID", Number(message));
  progress.SetRaw("MessageSeverity", Number(static_cast<std::uint32_t>(SeverityOf(message))));
  progress.SetRaw("MessageRecordID", cim::Value::Int(record));
  progress.SetRaw("MessageTime", call.Now());
  progress.SetRaw("MessageStrings", cim::Value::Of(std::move(shown)));
  return {};
}

Status RaiseGeneration(Call& call, std::string_view nal_path) {
  auto& tx = call.store.tx();
  const Cells key{{"NALPath", nal_path}};
  WW_TRY(const auto row, tx.FetchOne(SelectFrom(kPointsTable, {"Generation"}, key)), "point");
  if (row) {
    return Done(tx.Update(kPointsTable,
                          {{"Generation", database::Expression::Literal((*row)[0].integer() + 1)}},
                          Matches(key)));
  }
  return UpsertRow(tx, kPointsTable,
                   {{"NALPath", nal_path},
                    {"Fingerprint", ""},
                    {"Expires", 0},
                    {"Revoked", 0},
                    {"Generation", 1}});
}

Status RaiseAllGenerations(Call& call) {
  WW_TRY(const auto rows, call.store.tx().Fetch(SelectFrom(kPointsTable, {"NALPath"}, {})),
         "points");
  for (const auto& row : rows) WW_RETURN_IF_ERROR(RaiseGeneration(call, row[0].text()));
  return {};
}

Status ForgetAssignment(Call& call, std::string_view package_id, std::string_view nal_path) {
  for (const auto name : {std::string_view("SMS_DistributionPoint"), kState, kProgress}) {
    WW_RETURN_IF_ERROR(Done(call.store.DeleteAll(
        name, {{"PackageID", Text(package_id)}, {"ServerNALPath", Text(nal_path)}})));
  }
  return RaiseGeneration(call, nal_path);
}

Status ForgetPackageAtPoints(Call& call, std::string_view package_id) {
  WW_TRY(const auto rows, call.store.FindAll(kProgress, {{"PackageID", Text(package_id)}}),
         "progress");
  for (const auto& row : rows) {
    WW_RETURN_IF_ERROR(RaiseGeneration(call, row["ServerNALPath"].TextOr("")));
  }
  WW_RETURN_IF_ERROR(Done(call.store.DeleteAll(kProgress, {{"PackageID", Text(package_id)}})));
  return Done(call.store.DeleteAll("WW_StagedRollout", {{"PackageID", Text(package_id)}}));
}

Result<std::set<std::string>> PackagesWithWaitingPoints(Call& call) {
  std::set<std::string> out;
  for (const auto state : {kStatePending, kStateRemovalPending}) {
    WW_TRY(const auto rows, call.store.FindAll(kState, {{"State", Number(state)}}), "states");
    for (const auto& row : rows) out.insert(row["PackageID"].TextOr(""));
  }
  return out;
}

}  // namespace ww::distmgr
