// What a point should have, and what it says of it.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "point_registry.h"
#include "rows.h"
#include "tables.h"
#include "wimwright/provider/references.h"

namespace ww::distmgr {
namespace {

using cim::Instance;
using provider::Call;
using provider::Number;
using provider::Text;
using Kind = PointReport::Kind;

constexpr std::size_t kMostReports = 10'000;
constexpr std::size_t kMostProblemLength = 1000;

std::uint32_t StateNumber(ProgressState state) { return static_cast<std::uint32_t>(state); }
ProgressState StateIn(const Instance& progress) {
  return static_cast<ProgressState>(progress["State"].UintOr(0));
}

Result<std::vector<Instance>> ProgressAt(Call& call, std::string_view nal_path) {
  return call.store.FindAll("WW_DistributionProgress", {{"ServerNALPath", Text(nal_path)}});
}

// Nothing: it is not for the point.
Result<std::optional<Assignment>> AssignmentFrom(Call& call, const Instance& progress) {
  std::optional<Assignment> none;
  const auto state = StateIn(progress);
  Assignment out;
  out.package_id = progress["PackageID"].TextOr("");
  out.version = static_cast<std::uint32_t>(progress["SourceVersion"].UintOr(0));
  out.request = progress["Request"].UintOr(0);
  out.verify = progress["Verify"].BoolOr(false);
  out.remove = state == ProgressState::kRemoving;
  WW_TRY(const auto package,
         call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", Text(out.package_id)}}),
         "package");
  if (!package) return none;
  out.name = (*package)["Name"].TextOr("");
  out.priority = static_cast<std::uint32_t>((*package)["Priority"].UintOr(2));
  if (out.remove) return std::optional(std::move(out));
  if (out.version == 0 || state == ProgressState::kCancelled) return none;
  WW_TRY(auto version, FindVersion(call, out.package_id, out.version), "version");
  if (!version) return none;
  out.files = std::move(version->files);
  return std::optional(std::move(out));
}

std::string Shortened(std::string text) {
  if (text.size() <= kMostProblemLength) return text;
  auto end = kMostProblemLength;  // not in the middle of a character
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

std::uint32_t MessageOf(const PointReport& report) {
  constexpr std::uint32_t kNetwork[] = {53, 59, 64, 67, 121, 1225, 1229, 1231, 1232, 12007, 12029};
  return std::find(std::begin(kNetwork), std::end(kNetwork), report.win32_error) !=
                 std::end(kNetwork)
             ? 2323
             : 2302;
}

// All points that the package is assigned to have its current version.
Result<bool> Everywhere(Call& call, const Instance& package) {
  WW_TRY(const auto states,
         call.store.FindAll("SMS_PackageStatusDistPointsSummarizer",
                            {{"PackageID", package["PackageID"]}}),
         "states");
  return std::all_of(states.begin(), states.end(), [&](const Instance& state) {
    const auto number = state["State"].UintOr(kStatePending);
    if (number >= kStateRemovalPending && number <= kStateRemovalFailed) return true;
    return number == kStateInstalled &&
           state["SourceVersion"].UintOr(0) == package["StoredPkgVersion"].UintOr(0);
  });
}

struct Subject {
  Instance progress, state, package;
  std::string id, name, server;
};

Status Installed(Core& core, Call& call, Subject& s, const PointReport& report) {
  const bool news = StateIn(s.progress) != ProgressState::kInstalled;
  s.progress.SetRaw("State", Number(StateNumber(ProgressState::kInstalled)));
  s.progress.SetRaw("Verify", provider::Flag(false));
  s.progress.SetRaw("Problem", Text(""));
  if (news) s.progress.SetRaw("Finished", call.Now());
  s.state.SetRaw("State", Number(kStateInstalled));
  s.state.SetRaw("SourceVersion", Number(report.version));
  s.state.SetRaw("LastCopied", call.Now());
  s.state.SetRaw("SummaryDate", call.Now());
  WW_RETURN_IF_ERROR(call.store.Save(s.state));
  WW_TRY(
      auto row,
      call.store.FindOne("SMS_DistributionPoint", {{"PackageID", s.progress["PackageID"]},
                                                   {"ServerNALPath", s.progress["ServerNALPath"]}}),
      "assignment");
  if (row) {
    row->SetRaw("LastRefreshTime", call.Now());
    WW_RETURN_IF_ERROR(call.store.Save(*row));
  }
  if (!news) return {};
  core.Info("Package {} version {} is on {}: {} bytes, {} of them over the network", s.id,
            report.version, s.server, report.bytes_total, report.bytes_sent);
  WW_RETURN_IF_ERROR(TellOf(call, s.progress, 2330, {s.name, s.server, s.id}));
  WW_TRY(const auto everywhere, Everywhere(call, s.package), "points");
  if (everywhere) WW_RETURN_IF_ERROR(RaiseMessage(call, 2301, {s.name, s.id}, s.id));
  WW_TRY(const auto rollouts,
         call.store.Count("WW_StagedRollout", {{"PackageID", s.progress["PackageID"]}}), "rollout");
  if (rollouts != 0) call.ContentChanged(s.id);  // the others' turn may have come
  return {};
}

Status Failed(Core& core, Call& call, Subject& s, const PointReport& report) {
  const bool gave_up = report.kind == Kind::kFailed;
  const auto problem = Shortened(report.problem);
  const bool news = s.progress["Problem"].TextOr("") != problem ||
                    (gave_up && StateIn(s.progress) != ProgressState::kFailed);
  s.progress.SetRaw(
      "State", Number(StateNumber(gave_up ? ProgressState::kFailed : ProgressState::kRetrying)));
  s.progress.SetRaw("Attempts", Number(s.progress["Attempts"].UintOr(0) + 1));
  s.progress.SetRaw("Problem", Text(problem));
  s.state.SetRaw("State", Number(gave_up ? kStateFailed : kStateRetrying));
  s.state.SetRaw("SummaryDate", call.Now());
  WW_RETURN_IF_ERROR(call.store.Save(s.state));
  if (!news) return {};
  core.Problem("Package {} version {} on {}: {}", s.id, report.version, s.server, problem);
  const auto message = MessageOf(report);
  const auto strings = message == 2302 ? std::vector<std::string>{s.name, s.id, s.server, problem}
                                       : std::vector<std::string>{s.name, s.server, s.id, problem};
  return TellOf(call, s.progress, message, strings, report.win32_error);
}

Status RemovalFailed(Core& core, Call& call, Subject& s, const PointReport& report) {
  const auto problem = Shortened(report.problem);
  if (s.progress["Problem"].TextOr("") != problem) {
    core.Problem("Package {} cannot be removed from {}: {}", s.id, s.server, problem);
    s.progress.SetRaw("Problem", Text(problem));
  }
  s.progress.SetRaw("Attempts", Number(s.progress["Attempts"].UintOr(0) + 1));
  s.state.SetRaw("State", Number(kStateRemovalRetrying));
  s.state.SetRaw("SummaryDate", call.Now());
  return call.store.Save(s.state);
}

// Shows what is going on; a state of the past (installed, say) begins again.
Status Transferring(Call& call, Subject& s) {
  s.progress.SetRaw("State", Number(StateNumber(ProgressState::kTransferring)));
  if (s.progress["Started"].is_null()) s.progress.SetRaw("Started", call.Now());
  if (s.state["State"].UintOr(0) == kStateUpdating) return {};
  s.state.SetRaw("State",
                 Number(s.progress["Verify"].BoolOr(false) ? kStateMonitoring : kStateUpdating));
  s.state.SetRaw("SummaryDate", call.Now());
  return call.store.Save(s.state);
}

}  // namespace

Result<Assignments> PointRegistry::AssignmentsOf(std::string_view nal_path) {
  Assignments out;
  WW_RETURN_IF_ERROR(core_.Read([&](Call& call) -> Status {
    out = {};
    WW_TRY(const auto point,
           call.store.FindOne("SMS_DistributionPointInfo", {{"NALPath", Text(nal_path)}}), "point");
    if (!point) {
      return provider::Missing(fmt::format("there is no distribution point {}", nal_path));
    }
    WW_TRY(
        const auto row,
        call.store.tx().FetchOne(SelectFrom(kPointsTable, {"Generation"}, {{"NALPath", nal_path}})),
        "point");
    out.generation = row ? static_cast<std::uint64_t>((*row)[0].integer()) : 0;
    out.priority = static_cast<std::uint32_t>((*point)["Priority"].UintOr(2));
    if ((*point)["RateLimitsEnabled"].BoolOr(false)) {
      out.bytes_per_second = (*point)["TransferRate"].UintOr(0) * 1024;
    }
    WW_TRY(auto access, ContentAccessNow(core_, call), "access");
    out.anonymous = access.anonymous;
    out.token_sha256 = std::move(access.token_sha256);
    WW_TRY(const auto all, ProgressAt(call, nal_path), "assignments");
    for (const auto& progress : all) {
      WW_TRY(auto one, AssignmentFrom(call, progress), "assignment");
      if (one) out.packages.push_back(*std::move(one));
    }
    return {};
  }));
  std::sort(out.packages.begin(), out.packages.end(), [](const auto& a, const auto& b) {
    return std::tie(a.priority, a.package_id) < std::tie(b.priority, b.package_id);
  });
  return out;
}

Result<bool> PointRegistry::MayRead(std::string_view nal_path, const content::ContentId& id) {
  bool may = false;
  WW_RETURN_IF_ERROR(core_.Read([&](Call& call) -> Status {
    may = false;
    WW_TRY(const auto rows,
           call.store.tx().Fetch(SelectFrom(kFilesTable, {"PackageID", "SourceVersion"},
                                            {{"ContentID", id.ToText()}})),
           "contents");
    for (const auto& row : rows) {
      WW_TRY(const auto progress,
             call.store.FindOne(
                 "WW_DistributionProgress",
                 {{"PackageID", Text(row[0].text())},
                  {"ServerNALPath", Text(nal_path)},
                  {"SourceVersion", Number(static_cast<std::uint64_t>(row[1].integer()))}}),
             "assignment");
      if (!progress) continue;
      const auto state = StateIn(*progress);
      may = may || (state != ProgressState::kRemoving && state != ProgressState::kCancelled);
    }
    return {};
  }));
  return may;
}

Status PointRegistry::Apply(Call& call, std::string_view nal_path, const PointReport& report) {
  WW_TRY(auto progress,
         call.store.FindOne("WW_DistributionProgress", {{"PackageID", Text(report.package_id)},
                                                        {"ServerNALPath", Text(nal_path)}}),
         "progress");
  if (!progress || (*progress)["Request"].UintOr(0) != report.request) return {};
  WW_TRY(auto state, StateOf(call, report.package_id, nal_path), "state");
  WW_TRY(const auto package,
         call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", Text(report.package_id)}}),
         "package");
  if (!state || !package) return {};
  Subject s{*std::move(progress),
            *std::move(state),
            *package,
            (*package)["PackageID"].TextOr(""),
            (*package)["Name"].TextOr(""),
            provider::ServerOfNalPath(nal_path)};
  const bool removing = StateIn(s.progress) == ProgressState::kRemoving;
  const bool about_removal = report.kind == Kind::kRemoved || report.kind == Kind::kRemovalFailed;
  if (removing != about_removal || StateIn(s.progress) == ProgressState::kCancelled) return {};
  if (!removing && s.progress["SourceVersion"].UintOr(0) != report.version) return {};
  s.progress.SetRaw("LastUpdate", call.Now());
  for (const auto& id : report.damaged) {
    core_.Problem("Package {} on {}: content {} was damaged", s.id, s.server, id.ToText());
  }
  if (report.kind == Kind::kRemoved) {
    core_.Info("Package {} is removed from {}", s.id, s.server);
    return ForgetAssignment(call, s.id, nal_path);
  }
  if (!removing) {
    s.progress.SetRaw("BytesTotal", Number(report.bytes_total));
    s.progress.SetRaw("BytesDone", Number(std::min(report.bytes_done, report.bytes_total)));
    s.progress.SetRaw("BytesSent", Number(report.bytes_sent));
  }
  WW_RETURN_IF_ERROR([&]() -> Status {
    switch (report.kind) {
      case Kind::kTransferring:
        return Transferring(call, s);
      case Kind::kInstalled:
        return Installed(core_, call, s, report);
      case Kind::kRemovalFailed:
        return RemovalFailed(core_, call, s, report);
      default:
        return Failed(core_, call, s, report);
    }
  }());
  return call.store.Save(s.progress);
}

Status PointRegistry::Report(std::string_view nal_path, const std::vector<PointReport>& reports) {
  if (reports.size() > kMostReports) return Fail(Code::kLimit, "too many reports at once");
  return core_.Transact([&](Call& call) -> Status {
    for (const auto& report : reports) {
      WW_TRY_STATUS(Apply(call, nal_path, report), report.package_id);
    }
    return {};
  });
}

}  // namespace ww::distmgr
