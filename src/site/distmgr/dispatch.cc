#include "dispatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "rows.h"
#include "tables.h"
#include "wimwright/provider/references.h"

namespace ww::distmgr {
namespace {

using cim::Instance;
using provider::Call;
using provider::Number;
using provider::Text;

enum RolloutState : std::uint32_t { kIdle = 0, kFirstGroup = 1, kDelay = 2, kEverybody = 3 };

std::uint32_t StateNumber(ProgressState state) { return static_cast<std::uint32_t>(state); }

// Who may be told now, and when the others may.
struct Turn {
  bool everybody = true;
  std::set<std::string, std::less<>> first;  // NAL paths of the first group, in upper case
  std::optional<std::chrono::seconds> again;

  bool Has(const std::string& nal) const { return everybody || first.contains(Upper(nal)); }
  static std::string Upper(std::string text) {
    for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
  }
};

struct Outlook {
  Instance package;
  std::uint64_t version = 0;  // the current one
  std::vector<Instance> assignments;
  std::map<std::string, Instance> states;  // by NAL path in upper case
};

bool IsDeleted(const Instance& assignment) {
  return assignment["Status"].UintOr(0) == kAssignmentDeleted;
}

bool HasCurrent(const Outlook& outlook, const std::string& nal) {
  const auto it = outlook.states.find(Turn::Upper(nal));
  return it != outlook.states.end() && it->second["State"].UintOr(1) == kStateInstalled &&
         it->second["SourceVersion"].UintOr(0) == outlook.version;
}

Status SaveRollout(Call& call, Instance& rollout, const Outlook& outlook, RolloutState state) {
  const bool same = rollout["State"].UintOr(kIdle) == state &&
                    rollout["SourceVersion"].UintOr(0) == outlook.version;
  if (same) return {};
  rollout.SetRaw("State", Number(state));
  rollout.SetRaw("SourceVersion", Number(outlook.version));
  return call.store.Save(rollout);
}

// The members of the first group that have the package assigned decide for the others.
Result<Turn> TurnOf(Call& call, const Outlook& outlook) {
  Turn turn;
  WW_TRY(auto rollout,
         call.store.FindOne("WW_StagedRollout", {{"PackageID", outlook.package["PackageID"]}}),
         "rollout");
  if (!rollout) return turn;
  WW_TRY(const auto members,
         call.store.FindAll("SMS_DPGroupMembers", {{"GroupID", (*rollout)["FirstGroupID"]}}),
         "first group");
  std::set<std::string, std::less<>> group;
  for (const auto& member : members) group.insert(Turn::Upper(member["DPNALPath"].TextOr("")));
  bool complete = true;
  for (const auto& row : outlook.assignments) {
    const auto nal = row["ServerNALPath"].TextOr("");
    if (IsDeleted(row) || !group.contains(Turn::Upper(nal))) continue;
    turn.first.insert(Turn::Upper(nal));
    complete = complete && HasCurrent(outlook, nal);
  }
  if (turn.first.empty()) {
    WW_RETURN_IF_ERROR(SaveRollout(call, *rollout, outlook, kEverybody));
    return turn;
  }
  turn.everybody = false;
  if (!complete) {
    rollout->SetRaw("FirstGroupDone", cim::Value());
    WW_RETURN_IF_ERROR(SaveRollout(call, *rollout, outlook, kFirstGroup));
    return turn;
  }
  const auto* done = (*rollout)["FirstGroupDone"].AsDate();
  const bool known = done != nullptr && (*rollout)["SourceVersion"].UintOr(0) == outlook.version &&
                     (*rollout)["State"].UintOr(kIdle) >= kDelay;
  const auto since = known ? *done : call.now;
  if (!known) {
    rollout->SetRaw("FirstGroupDone", call.Now());
    rollout->SetRaw("State", Number(kIdle));  // so that it is saved
  }
  const auto passed = std::chrono::microseconds(call.now.micros() - since.micros());
  const auto delay = std::chrono::minutes((*rollout)["DelayMinutes"].UintOr(0));
  turn.everybody = passed >= delay || passed.count() < 0;
  if (!turn.everybody) turn.again = std::chrono::ceil<std::chrono::seconds>(delay - passed);
  WW_RETURN_IF_ERROR(SaveRollout(call, *rollout, outlook, turn.everybody ? kEverybody : kDelay));
  return turn;
}

// A server that never became the point has nothing to remove.
Result<bool> EverEnrolled(Call& call, const std::string& nal) {
  WW_TRY(const auto row,
         call.store.tx().FetchOne(SelectFrom(kPointsTable, {"Fingerprint"}, {{"NALPath", nal}})),
         "point");
  return row && !(*row)[0].text().empty();
}

Status TellRemoval(Core& core, Call& call, const std::string& id, const std::string& nal) {
  WW_TRY(const auto enrolled, EverEnrolled(call, nal), "point");
  if (!enrolled) {
    core.Info("Package {} is removed from {}, which never had it", id, nal);
    return ForgetAssignment(call, id, nal);
  }
  WW_TRY(auto progress, ProgressOf(call, id, nal), "progress");
  if (progress["State"].UintOr(0) == StateNumber(ProgressState::kRemoving)) return {};
  progress.SetRaw("State", Number(StateNumber(ProgressState::kRemoving)));
  progress.SetRaw("Request", Number(progress["Request"].UintOr(0) + 1));
  progress.SetRaw("Requested", call.Now());
  progress.SetRaw("Attempts", Number(0));
  WW_RETURN_IF_ERROR(call.store.Save(progress));
  return RaiseGeneration(call, nal);
}

Status TellVersion(Core& core, Call& call, const Outlook& outlook, Instance& state,
                   std::uint64_t bytes) {
  const auto id = outlook.package["PackageID"].TextOr("");
  const auto nal = state["ServerNALPath"].TextOr("");
  WW_TRY(auto progress, ProgressOf(call, id, nal), "progress");
  progress.SetRaw("SourceVersion", Number(outlook.version));
  progress.SetRaw("State", Number(StateNumber(ProgressState::kPending)));
  progress.SetRaw("Request", Number(progress["Request"].UintOr(0) + 1));
  progress.SetRaw("BytesTotal", Number(bytes));
  for (const char* name : {"BytesDone", "BytesSent", "Attempts"}) {
    progress.SetRaw(name, Number(0));
  }
  progress.SetRaw("Problem", Text(""));
  progress.SetRaw("Requested", call.Now());
  for (const char* name : {"Started", "Finished"}) progress.SetRaw(name, cim::Value());
  const auto server = provider::ServerOfNalPath(nal);
  WW_RETURN_IF_ERROR(
      TellOf(call, progress, 2342, {outlook.package["Name"].TextOr(""), server, id}));
  WW_RETURN_IF_ERROR(call.store.Save(progress));
  state.SetRaw("State", Number(kStateUpdating));
  state.SetRaw("SummaryDate", call.Now());
  WW_RETURN_IF_ERROR(call.store.Save(state));
  core.Info("Package {} version {} goes to {}", id, outlook.version, server);
  return RaiseGeneration(call, nal);
}

Status LetWait(Call& call, const std::string& id, const std::string& nal) {
  WW_TRY(auto progress, ProgressOf(call, id, nal), "progress");
  if (progress["State"].UintOr(0) == StateNumber(ProgressState::kWaiting) &&
      !progress["Requested"].is_null()) {
    return {};
  }
  progress.SetRaw("State", Number(StateNumber(ProgressState::kWaiting)));
  progress.SetRaw("Requested", call.Now());
  return call.store.Save(progress);
}

Result<Outlook> OutlookOn(Call& call, const Instance& package) {
  Outlook out{package, package["StoredPkgVersion"].UintOr(0), {}, {}};
  WW_TRY(out.assignments,
         call.store.FindAll("SMS_DistributionPoint", {{"PackageID", package["PackageID"]}}),
         "assignments");
  WW_TRY(const auto states,
         call.store.FindAll("SMS_PackageStatusDistPointsSummarizer",
                            {{"PackageID", package["PackageID"]}}),
         "states");
  for (const auto& state : states) {
    out.states.emplace(Turn::Upper(state["ServerNALPath"].TextOr("")), state);
  }
  return out;
}

}  // namespace

Result<std::optional<std::chrono::seconds>> TellPoints(Core& core, std::string_view package_id) {
  std::optional<std::chrono::seconds> again;
  WW_RETURN_IF_ERROR(core.Transact([&](Call& call) -> Status {
    again.reset();
    WW_TRY(const auto package,
           call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", Text(package_id)}}),
           "package");
    if (!package) return {};
    WW_TRY(auto outlook, OutlookOn(call, *package), "points");
    const auto id = (*package)["PackageID"].TextOr("");
    for (const auto& row : outlook.assignments) {
      if (IsDeleted(row)) {
        WW_RETURN_IF_ERROR(TellRemoval(core, call, id, row["ServerNALPath"].TextOr("")));
      }
    }
    // A source that is still to be taken in is what they wait for.
    if (outlook.version == 0 || outlook.version < (*package)["SourceVersion"].UintOr(0)) return {};
    WW_TRY(const auto version,
           call.store.FindOne("WW_ImageVersion", {{"PackageID", (*package)["PackageID"]},
                                                  {"SourceVersion", Number(outlook.version)}}),
           "version");
    if (!version) return {};
    WW_TRY(const auto turn, TurnOf(call, outlook), "rollout");
    again = turn.again;
    for (const auto& row : outlook.assignments) {
      const auto nal = row["ServerNALPath"].TextOr("");
      const auto state = outlook.states.find(Turn::Upper(nal));
      if (IsDeleted(row) || state == outlook.states.end() ||
          state->second["State"].UintOr(0) != kStatePending) {
        continue;
      }
      if (turn.Has(nal)) {
        WW_RETURN_IF_ERROR(
            TellVersion(core, call, outlook, state->second, (*version)["Size"].UintOr(0)));
      } else {
        WW_RETURN_IF_ERROR(LetWait(call, id, nal));
      }
    }
    return {};
  }));
  return again;
}

Status TellPointsOfProblem(Call& call, const Instance& package, std::uint32_t message,
                           const std::vector<std::string>& strings) {
  WW_TRY(const auto outlook, OutlookOn(call, package), "points");
  for (const auto& [nal, state] : outlook.states) {
    static_cast<void>(nal);
    if (state["State"].UintOr(0) != kStatePending) continue;
    WW_TRY(auto progress,
           ProgressOf(call, package["PackageID"].TextOr(""), state["ServerNALPath"].TextOr("")),
           "progress");
    WW_RETURN_IF_ERROR(TellOf(call, progress, message, strings));
    progress.SetRaw("Problem", strings.empty() ? Text("") : Text(strings.back()));
    WW_RETURN_IF_ERROR(call.store.Save(progress));
  }
  return {};
}

}  // namespace ww::distmgr
