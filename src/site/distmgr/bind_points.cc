// Methods about content on points: validation, cancelling, enrolment, staged rollouts.
#include <fmt/format.h>

#include "guards.h"
#include "point_registry.h"
#include "wimwright/provider/references.h"

namespace ww::distmgr {
namespace {

using cim::Instance;
using provider::Call;
using provider::Flag;
using provider::MethodCall;
using provider::Number;
using provider::Text;

constexpr std::uint64_t kMostTokenMinutes = 7 * 24 * 60;

std::uint32_t StateNumber(ProgressState state) { return static_cast<std::uint32_t>(state); }

struct Assigned {
  Instance progress, state;
};

// The content that VerifyPackage and CancelDistribution are about.
Result<Assigned> AssignedOf(MethodCall& m) {
  const auto id = m.Argument("PackageId").TextOr("");
  const auto nal = m.Argument("NALPath").TextOr("");
  WW_RETURN_IF_ERROR(CheckMay(m.call, id, provider::kOpCopyToDistributionPoint));
  WW_TRY(auto state, StateOf(m.call, id, nal), "state");
  if (!state) return provider::Missing(fmt::format("{} is not assigned to {}", id, nal));
  WW_TRY(auto progress,
         ProgressOf(m.call, (*state)["PackageID"].TextOr(""), (*state)["ServerNALPath"].TextOr("")),
         "progress");
  return Assigned{std::move(progress), *std::move(state)};
}

Status VerifyPackage(MethodCall& m) {
  WW_TRY(auto a, AssignedOf(m), "VerifyPackage");
  if (a.state["State"].UintOr(0) != kStateInstalled) {
    return provider::BadValue("the point does not have the package now");
  }
  a.progress.SetRaw("Verify", Flag(true));
  a.progress.SetRaw("Request", Number(a.progress["Request"].UintOr(0) + 1));
  a.progress.SetRaw("State", Number(StateNumber(ProgressState::kPending)));
  a.progress.SetRaw("Requested", m.call.Now());
  a.progress.SetRaw("Attempts", Number(0));
  a.progress.SetRaw("Finished", cim::Value());
  WW_RETURN_IF_ERROR(m.call.store.Save(a.progress));
  a.state.SetRaw("State", Number(kStateMonitoring));
  a.state.SetRaw("SummaryDate", m.call.Now());
  WW_RETURN_IF_ERROR(m.call.store.Save(a.state));
  m.call.ContentChanged(a.progress["PackageID"].TextOr(""));
  return RaiseGeneration(m.call, a.progress["ServerNALPath"].TextOr(""));
}

// The point keeps the version that it has, if it has one.
Status CancelDistribution(MethodCall& m) {
  WW_TRY(auto a, AssignedOf(m), "CancelDistribution");
  const auto state = a.state["State"].UintOr(0);
  if (state != kStatePending && state != kStateRetrying && state != kStateUpdating) {
    return provider::BadValue("nothing is being distributed there");
  }
  const auto id = a.progress["PackageID"].TextOr("");
  const auto nal = a.progress["ServerNALPath"].TextOr("");
  const auto installed = static_cast<std::uint32_t>(a.state["SourceVersion"].UintOr(0));
  WW_TRY(const auto version, FindVersion(m.call, id, installed), "version");
  a.progress.SetRaw("Request", Number(a.progress["Request"].UintOr(0) + 1));
  a.progress.SetRaw("SourceVersion", Number(version ? installed : 0));
  a.progress.SetRaw("State", Number(StateNumber(version ? ProgressState::kInstalled
                                                        : ProgressState::kCancelled)));
  WW_RETURN_IF_ERROR(m.call.store.Save(a.progress));
  a.state.SetRaw("State", Number(version ? kStateInstalled : kStateFailed));
  a.state.SetRaw("SummaryDate", m.call.Now());
  WW_RETURN_IF_ERROR(m.call.store.Save(a.state));
  WW_RETURN_IF_ERROR(RaiseGeneration(m.call, nal));
  m.call.ContentChanged(id);
  return provider::Audit(m.call, 40409, {id, nal}, id);
}

Status CheckSiteRight(const MethodCall& m) {
  if (m.call.access.Everywhere(provider::kTypeSite, provider::kOpModify)) return {};
  return provider::Denied(fmt::format("{} may not make distribution points", m.call.context.user));
}

Status CreateToken(Core& core, MethodCall& m) {
  WW_RETURN_IF_ERROR(CheckSiteRight(m));
  const auto minutes = m.Argument("Minutes").UintOr(60);
  if (minutes == 0 || minutes > kMostTokenMinutes) {
    return provider::BadValue(fmt::format("Minutes are 1 to {}", kMostTokenMinutes));
  }
  WW_TRY(const auto token,
         core.points->MakeToken(m.call, m.Argument("Point").TextOr(""),
                                std::chrono::minutes(static_cast<std::int64_t>(minutes))),
         "CreateToken");
  m.Result("Token", Text(core.options.token_prefix + token.text));
  m.Result("Expires", cim::Value::Date(token.expires));
  return {};
}

Status CheckRollout(Call& call, const Instance& rollout) {
  WW_TRY(const auto package, provider::PackageOf(call, rollout["PackageID"].TextOr("")),
         "PackageID");
  WW_TRY(const auto group,
         call.store.Count("SMS_DistributionPointGroup", {{"GroupID", rollout["FirstGroupID"]}}),
         "FirstGroupID");
  if (group == 0) return provider::Missing("there is no such distribution point group");
  call.ContentChanged(package["PackageID"].TextOr(""));
  return {};
}

void BindRollouts(provider::Bindings& bindings) {
  auto& rollout = bindings["WW_StagedRollout"];
  rollout.guard = GuardOfPackage;
  rollout.write_operations = provider::kOpCopyToDistributionPoint;
  rollout.create = [](Call& call, Instance& made) -> Status {
    made.SetRaw("State", Number(0));
    made.SetRaw("SourceVersion", Number(0));
    if (made["DelayMinutes"].is_null()) made.SetRaw("DelayMinutes", Number(0));
    return CheckRollout(call, made);
  };
  rollout.update = [](Call& call, const Instance&, Instance& changed, const Instance&) {
    return CheckRollout(call, changed);
  };
  rollout.remove = [](Call& call, const Instance& gone) -> Result<bool> {
    call.ContentChanged(gone["PackageID"].TextOr(""));
    return false;
  };
}

}  // namespace

void BindPoints(Core& core, provider::Bindings& bindings) {
  auto& progress = bindings["WW_DistributionProgress"];
  progress.clients_write = false;
  progress.guard = GuardOfPackage;
  auto& enrolment = bindings["WW_DistributionPointEnrolment"];
  enrolment.clients_write = false;
  enrolment.object_type = provider::kTypeSite;
  BindRollouts(bindings);
  // A role that goes takes along who it was: a certificate of the past opens nothing when the
  // server gets the role again.
  auto& roles = bindings["SMS_SCI_SysResUse"];
  roles.remove = [before = roles.remove, &core](Call& call, const Instance& role) -> Result<bool> {
    bool stays = false;
    if (before) {
      WW_TRY(stays, before(call, role), "role");
    }
    if (cim::SameName(role["RoleName"].TextOr(""), "SMS Distribution Point")) {
      WW_RETURN_IF_ERROR(core.points->ForgetIn(call, role["NALPath"].TextOr("")));
    }
    return stays;
  };
  bindings.SetMethod("SMS_DistributionPoint", "VerifyPackage", VerifyPackage);
  bindings.SetMethod("SMS_DistributionPoint", "CancelDistribution", CancelDistribution);
  bindings.SetMethod("WW_DistributionPointEnrolment", "CreateToken",
                     [&core](MethodCall& m) { return CreateToken(core, m); });
  bindings.SetMethod("WW_DistributionPointEnrolment", "Revoke", [&core](MethodCall& m) -> Status {
    WW_RETURN_IF_ERROR(CheckSiteRight(m));
    return core.points->RevokeIn(m.call, m.Argument("Point").TextOr(""));
  });
}

}  // namespace ww::distmgr
