#include "wimwright/cbs/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "closure.h"
#include "component_registry.h"
#include "placement.h"
#include "registration.h"
#include "registry_names.h"
#include "selection.h"
#include "services.h"
#include "servicing_stack.h"
#include "update_order.h"
#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

class Planner {
 public:
  Planner(ImageState& image, std::span<const UpdateContent* const> updates,
          const PlanOptions& options, Logger& log)
      : image_(image),
        updates_(updates),
        options_(options),
        log_(log),
        state_(image),
        serviced_(ServicedVersion(image.version(), image.packages())) {}

  Result<ServicingPlan> Run();

 private:
  bool RefuseWholeImage();
  // True when the update is settled; false when it waits for another one of the same run.
  Result<bool> Try(std::size_t index, bool last_chance);
  Verdict JudgeIdentity(const UpdateContent& update) const;
  // Nothing: an update that this one stands on is not settled yet.
  std::optional<Verdict> JudgeChain(std::size_t index) const;
  Verdict JudgeBuild(const UpdateContent& update) const;
  Verdict JudgeNewBuild(const UpdateContent& update, const RegistryWriter& registry) const;
  Status Carry(const UpdateContent& update, std::size_t index, const Selection& selection,
               const Closure& closure, VirtualState& state, RegistryWriter& registry,
               Placement::Owners& owners, std::vector<FileChange>& files,
               ServicingPlan::Counts& counts);
  void Expect(const Selection& selection, const Closure& closure);
  void Settle(std::size_t index, const Verdict& verdict, std::vector<std::string> trace);
  void DropSupersededExpectations();
  void Finish();

  ImageState& image_;
  std::span<const UpdateContent* const> updates_;
  const PlanOptions& options_;
  Logger& log_;
  VirtualState state_;
  const WindowsVersion serviced_;  // the image's, as updates count
  RegistryWriter registry_;
  Placement::Owners owners_;
  ServicingPlan plan_;
  std::vector<bool> settled_;
  int done_ = 0;
};

bool Planner::RefuseWholeImage() {
  Verdict verdict;
  if (image_.unserviceable()) {
    verdict = Refuse(Code::kConflict, kImageUnserviceable,
                     "an earlier servicing failure marked the image as unserviceable",
                     "Go back to a version of the image from before that failure.");
  } else if (!image_.pending().empty()) {
    std::string items;
    for (const auto& item : image_.pending()) items += (items.empty() ? "" : ", ") + item;
    verdict = Refuse(Code::kConflict, kPending, "the image has pending operations: " + items,
                     "Finish them by starting the image once, or use a version of the image "
                     "without pending operations.");
  } else if (!image_.HasHive(HiveKind::kComponents)) {
    verdict = Refuse(Code::kConflict, kComponentStoreCorrupt,
                     fmt::format("the image has no {}", HiveImagePath(HiveKind::kComponents)),
                     "Service an image whose component store is whole.");
  } else {
    return false;
  }
  for (std::size_t i = 0; i < updates_.size(); ++i) Settle(i, verdict, {});
  return true;
}

Verdict Planner::JudgeIdentity(const UpdateContent& update) const {
  const auto& architecture = update.architecture();
  const bool neutral =
      EqualNoCaseAscii(architecture, "neutral") || EqualNoCaseAscii(architecture, "msil");
  if (!neutral && !EqualNoCaseAscii(architecture, image_.architecture())) {
    return {
        Decision::kNotApplicable, Code::kNotApplicable, kUnexpectedArchitecture,
        fmt::format("the update is for {}, the image is {}", architecture, image_.architecture()),
        fmt::format("Give the {} version of the update.", image_.architecture())};
  }
  if (update.kind() == UpdateKind::kSafeOs) {
    return Refuse(Code::kUnsupported, kNotSupported,
                  "a SafeOS update belongs into winre.wim, not into the installed system",
                  "Leave the update out; servicing of WinRE is not supported.");
  }
  // The extended security update check is an advanced installer: no bypass
  // (windows-servicing.md 9.3).
  for (const auto& [keyform, component] : update.components()) {
    if (ToLowerAscii(component->manifest.identity.name).find("edsecurityupdatesai") !=
        std::string::npos) {
      return Refuse(Code::kUnsupported, kNotAllowedOffline,
                    "the update needs an extended security licence at run time",
                    "Install it online on licensed machines.");
    }
  }
  return {};
}

// An image may be newer than its packages tell: a checkpoint on top of it would take it back, and
// what stands on the checkpoint would not start any more (windows-servicing.md 1.8).
Verdict Planner::JudgeBuild(const UpdateContent& update) const {
  const auto build = BuildOf(update);
  const auto order = build ? CompareToImage(*build, serviced_) : std::nullopt;
  if (!order || *order > 0) return {};
  const auto reason =
      fmt::format("the image is at build {} already, the {} brings {}", image_.version().ToString(),
                  update.checkpoint() ? "checkpoint" : "update", build->ToString());
  return {*order < 0 ? Decision::kSuperseded : Decision::kAlreadyPresent, Code::kNotApplicable, kOk,
          reason, ""};
}

std::optional<Verdict> Planner::JudgeChain(std::size_t index) const {
  for (std::size_t i = 0; i < updates_.size(); ++i) {
    if (i == index || !StandsOn(*updates_[index], *updates_[i])) continue;
    if (!settled_[i]) return std::nullopt;
    const auto& earlier = plan_.updates[i];
    if (earlier.decision != Decision::kRefused) continue;
    return Refuse(Code::kPrerequisiteMissing, kDependentFailure,
                  fmt::format("it stands on {}, which is refused: {}", updates_[i]->identity(),
                              earlier.reason),
                  earlier.next_step);
  }
  return Verdict{};
}

constexpr std::array<const char*, 2> kBuildValues{"CurrentBuildNumber", "CurrentBuild"};

// As the image will call itself; nothing when no update changes that.
std::optional<std::string> PlannedBuild(const RegistryWriter& registry, std::string_view name) {
  const auto value = registry.Planned(HiveKind::kSoftware, kCurrentVersionKey, name);
  return value ? ::ww::hive::AsText(*value) : std::nullopt;
}

// A cumulative update that would not leave the image at its own build was not understood.
Verdict Planner::JudgeNewBuild(const UpdateContent& update, const RegistryWriter& registry) const {
  const auto build = BuildOf(update);
  if (!build || !CompareToImage(*build, serviced_)) return {};
  // Of an enabled build (1.9) it must not make the one below again.
  for (const auto* name : kBuildValues) {
    const auto before = PlannedBuild(registry_, name).value_or(image_.version().build);
    const auto now = PlannedBuild(registry, name);
    if (!now || !IsLowerBuild(*now, before)) continue;
    return Refuse(Code::kUnsupported, kStoreCorruption,
                  fmt::format("the image is build {}, but would call itself {} with the update",
                              before, *now),
                  "Report this with the log; the update was not understood.");
  }
  const auto value = registry.Planned(HiveKind::kSoftware, std::string(kCurrentVersionKey), "UBR");
  const auto number = value ? ::ww::hive::AsDword(*value) : std::nullopt;
  if (number && std::to_string(*number) == build->ubr) return {};
  return Refuse(Code::kUnsupported, kStoreCorruption,
                fmt::format("the update is build {}, but the image would be at {}.{} with it",
                            build->ToString(), image_.version().build,
                            number ? std::to_string(*number) : image_.version().ubr),
                "Compare the image's component store with its original; report this with the log.");
}

Status Planner::Carry(const UpdateContent& update, std::size_t index, const Selection& selection,
                      const Closure& closure, VirtualState& state, RegistryWriter& registry,
                      Placement::Owners& owners, std::vector<FileChange>& files,
                      ServicingPlan::Counts& counts) {
  std::set<const PackageFile*> signing;
  for (const auto& deployment : closure.deployments) {
    if (deployment.file != nullptr) signing.insert(deployment.package);
  }
  Placement placement(update, index, state, owners, options_.now);
  placement.Reserve(closure, selection.packages.size());
  for (const auto& component : closure.components)
    WW_RETURN_IF_ERROR(placement.PlaceComponent(component));
  for (const auto& package : selection.packages) {
    WW_RETURN_IF_ERROR(placement.PlacePackage(*package.file, signing.contains(package.file)));
  }
  files = placement.Take();
  counts = placement.counts();
  for (const auto& component : closure.components) {
    if (!component.wins) continue;
    WW_RETURN_IF_ERROR(WriteComponentRegistry(component, state, registry));
    WW_RETURN_IF_ERROR(WriteServices(component, state, registry));
    const auto before = files.size();
    WW_RETURN_IF_ERROR(ActivateServicingStack(component, state, registry, files));
    for (auto i = before; i < files.size(); ++i) files[i].update = index;
  }
  WW_RETURN_IF_ERROR(RegisterComponents(closure, state, registry));
  return RegisterPackages(selection, options_, state, registry);
}

void Planner::Expect(const Selection& selection, const Closure& closure) {
  for (const auto& package : selection.packages) {
    const bool permanent = package.state == kStateInstalled &&
                           EqualNoCaseAscii(package.file->manifest.permanence, "permanent");
    plan_.expected.packages.push_back(
        {manifest::PackageIdentityString(package.file->manifest.identity),
         permanent ? std::uint32_t{kStatePermanent} : package.state});
  }
  for (const auto& component : closure.components) {
    if (component.file == nullptr) continue;
    plan_.expected.components.push_back(
        {component.file->keyform, component.file->digest, component.state == kStateInstalled,
         manifest::FamilyKey(component.identity), component.identity.version.ToString()});
  }
}

void Planner::Settle(std::size_t index, const Verdict& verdict, std::vector<std::string> trace) {
  settled_[index] = true;
  auto& decision = plan_.updates[index];
  decision.update = index;
  decision.decision = verdict.decision;
  decision.code = verdict.code;
  decision.hresult = verdict.hresult;
  decision.reason = verdict.reason;
  decision.next_step = verdict.next_step;
  decision.trace = std::move(trace);
  if (verdict.go()) decision.order = ++done_;
  const auto& update = *updates_[index];
  for (const auto& line : decision.trace) log_.Debug("CBS", "{}", line);
  log_.Info("CBS", "Index {}: {}: {}{}{} [HRESULT = {} - {}]", image_.index(), update.identity(),
            DecisionName(verdict.decision), verdict.reason.empty() ? "" : ": ", verdict.reason,
            FormatHresult(verdict.hresult), SymbolOf(verdict.hresult));
}

Result<bool> Planner::Try(std::size_t index, bool last_chance) {
  const auto& update = *updates_[index];
  std::vector<std::string> trace;
  if (const auto verdict = JudgeIdentity(update); !verdict.go()) {
    Settle(index, verdict, std::move(trace));
    return true;
  }
  if (const auto verdict = JudgeBuild(update); !verdict.go()) {
    Settle(index, verdict, std::move(trace));
    return true;
  }
  if (const auto verdict = JudgeChain(index); !verdict || !verdict->go()) {
    if (!verdict) return false;
    Settle(index, *verdict, std::move(trace));
    return true;
  }
  // Everything is tried on copies: a refusal half-way leaves no trace.
  auto state = state_;
  WW_TRY(auto selection, Select(update, state, trace), update.identity());
  if (!selection.verdict.go()) {
    // What is missing now may be brought by another update of this run.
    const bool may_change = selection.verdict.code == Code::kPrerequisiteMissing ||
                            selection.verdict.decision == Decision::kNotApplicable;
    if (may_change && !last_chance) return false;
    Settle(index, selection.verdict, std::move(trace));
    return true;
  }
  WW_TRY(auto closure, Close(update, state, selection, trace), update.identity());
  if (!closure.verdict.go()) {
    if (closure.verdict.code == Code::kPrerequisiteMissing && !last_chance) return false;
    Settle(index, closure.verdict, std::move(trace));
    return true;
  }
  auto registry = registry_;
  auto owners = owners_;
  std::vector<FileChange> files;
  ServicingPlan::Counts counts;
  if (auto status =
          Carry(update, index, selection, closure, state, registry, owners, files, counts);
      !status) {
    if (status.error().code == Code::kIo) return Fail(status.error());
    auto verdict = Refuse(status.error());
    if (verdict.hresult == kOk) verdict.hresult = kNotAllowedOffline;
    if (verdict.next_step.empty())
      verdict.next_step = "Install this update online after deployment, or leave it out.";
    Settle(index, verdict, std::move(trace));
    return true;
  }
  if (const auto verdict = JudgeNewBuild(update, registry); !verdict.go()) {
    Settle(index, verdict, std::move(trace));
    return true;
  }
  state_ = std::move(state);
  registry_ = std::move(registry);
  owners_ = std::move(owners);
  plan_.file_counts.added += counts.added;
  plan_.file_counts.replaced += counts.replaced;
  plan_.file_counts.removed += counts.removed;
  if (plan_.files.empty()) {
    plan_.files = std::move(files);
  } else {
    std::move(files.begin(), files.end(), std::back_inserter(plan_.files));
  }
  Expect(selection, closure);
  Settle(index, closure.verdict, std::move(trace));
  return true;
}

// A later update of the run may have superseded an earlier one, or won over its components.
void Planner::DropSupersededExpectations() {
  for (auto& package : plan_.expected.packages) {
    const auto identity = manifest::ParsePackageIdentity(package.identity);
    if (!identity) continue;
    if (const auto* record = state_.Find(*identity);
        record != nullptr && record->state == kStateSuperseded) {
      package.state = kStateSuperseded;
    }
  }
}

void Planner::Finish() {
  DropSupersededExpectations();
  if (done_ > 0) {
    // A cache per servicing stack that would be stale now; the stack rebuilds it (5.2).
    if (image_.HasHive(HiveKind::kComponents)) {
      registry_.DeleteSubkeys(HiveKind::kComponents, std::string(kVersionedIndexKey));
    }
    for (const std::string_view cache : {"ApplicabilityEvaluationCache", "DetectCache"}) {
      registry_.DeleteSubkeys(HiveKind::kSoftware, fmt::format("{}\\{}", kCbsKey, cache));
    }
  }
  const std::string version_key(kCurrentVersionKey);
  if (const auto ubr = registry_.Planned(HiveKind::kSoftware, version_key, "UBR")) {
    if (const auto number = ::ww::hive::AsDword(*ubr)) plan_.after.ubr = std::to_string(*number);
  }
  for (const auto* name : kBuildValues) {
    plan_.after.build = PlannedBuild(registry_, name).value_or(plan_.after.build);
  }
  plan_.expected.version = plan_.after;
  plan_.registry = registry_.Take();
}

Result<ServicingPlan> Planner::Run() {
  plan_.index = image_.index();
  plan_.before = plan_.after = image_.version();
  plan_.updates.resize(updates_.size());
  settled_.resize(updates_.size());
  if (RefuseWholeImage()) return std::move(plan_);
  auto waiting = OrderOfUpdates(updates_);
  for (bool progress = true; progress && !waiting.empty();) {
    progress = false;
    for (auto at = waiting.begin(); at != waiting.end();) {
      WW_TRY(const bool settled, Try(*at, false), "planning");
      if (!settled) {
        ++at;
        continue;
      }
      progress = progress || plan_.updates[*at].order > 0;
      at = waiting.erase(at);
      // Start over after a success: an update of higher rank may have waited for it.
      if (progress) break;
    }
  }
  for (const auto index : waiting) {
    WW_TRY(const bool settled, Try(index, true), "planning");
    if (!settled) return Fail(Code::kInternal, "an update stayed undecided");
  }
  Finish();
  return std::move(plan_);
}

}  // namespace

std::string_view DecisionName(Decision decision) {
  switch (decision) {
    case Decision::kInstall:
      return "install";
    case Decision::kStage:
      return "stage";
    case Decision::kAlreadyPresent:
      return "already_present";
    case Decision::kSuperseded:
      return "superseded";
    case Decision::kNotApplicable:
      return "not_applicable";
    case Decision::kRefused:
      return "refused";
  }
  return "refused";
}

std::string_view CompletedDecisionName(Decision decision) {
  if (decision == Decision::kInstall) return "installed";
  if (decision == Decision::kStage) return "staged";
  return DecisionName(decision);
}

bool ServicingPlan::does_something() const { return !files.empty() || !registry.empty(); }

Result<ServicingPlan> MakePlan(ImageState& image, std::span<const UpdateContent* const> updates,
                               const PlanOptions& options, Logger& log) {
  return Planner(image, updates, options, log).Run();
}

}  // namespace ww::cbs
