#include "selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "parents.h"
#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

constexpr int kMaxDepth = 16;
constexpr std::uint16_t kFirstLdrRevision = 20000;  // 6.1.7601.17xxx/18xxx GDR, 2xxxx LDR (2.4)

bool Is(std::string_view word, std::string_view expected) {
  return EqualNoCaseAscii(word, expected);
}

// An optional feature of a package that the update brings in a newer version.
struct Feature {
  enum class Is { kOff, kOn, kUnknown };
  Is is = Is::kOff;
  std::optional<std::uint32_t> recorded;  // as the older version's package key has it
};

// Why a guard did not match, for the four stories behind "not applicable".
enum class Guard { kMatched, kAbsent, kCurrent, kNewer, kBoundary };

struct GuardAnswer {
  Guard guard = Guard::kAbsent;
  std::uint32_t state = kStateInstalled;
};

// May `elevate` carry the family from `from` to `to`? Versions a.b.c.d: the words name the
// boundary.
bool MayElevate(std::string_view elevate, const manifest::Version& from,
                const manifest::Version& to) {
  const bool same_branch = from.major() == to.major() && from.minor() == to.minor();
  if (Is(elevate, "revision")) return same_branch && from.build() == to.build();
  if (Is(elevate, "serviceLevel")) return same_branch;
  return true;  // distribution, install
}

bool IsLdr(const manifest::Version& version) {
  return version.major() == 6 && version.revision() >= kFirstLdrRevision;
}

Verdict Undecidable(const std::string& why) {
  return Refuse(Code::kUnsupported, kHrNotApplicable, "applicability is not decidable: " + why,
                "Apply this update with Windows' own tools, or leave it out.");
}

class Selector {
 public:
  Selector(const UpdateContent& update, const VirtualState& state, std::vector<std::string>& trace)
      : update_(update), state_(state), trace_(trace) {}

  Result<Selection> Run();

 private:
  // True when the package is taken; nothing is added otherwise. A refusal goes to `refusal_`.
  Result<bool> Visit(const PackageFile& package, const PackageFile* parent, std::uint32_t limit,
                     int depth);
  Result<bool> VisitUpdate(const PackageFile& package, const manifest::Update& update,
                           std::uint32_t limit, int depth, SelectedPackage& selected);
  Result<bool> VisitChildren(const PackageFile& package, const manifest::Update& update,
                             std::uint32_t limit, int depth);
  Result<GuardAnswer> EvaluateGuard(const manifest::UpdateComponent& wanted, bool staged_is_enough);
  Result<bool> OtherBranchIsBetter(const PackageFile& package,
                                   const manifest::UpdateComponent& wanted);
  // Whether the update may bring packages of the product as a whole: cumulative updates do.
  bool Replaces() const { return update_.kind() == UpdateKind::kCumulative; }
  const PackageRecord* Present(const PackageFile& package) const;
  Status VisitReplacements();
  // `update` is an optional feature: whether the image has it turned on.
  Result<Feature> FeatureOf(const PackageFile& package, const manifest::Update& update) const;
  // What another update of the same package, named by `detect`, allows: its state; nothing where
  // that is not decidable.
  Result<std::optional<std::uint32_t>> DetectedState(const PackageFile& package,
                                                     const manifest::DetectUpdate& detect) const;
  bool Knows(const manifest::AssemblyIdentity& package) const;
  Verdict JudgeParents(const ParentAnswer& answer) const;
  void RefuseWith(Verdict verdict) {
    if (!refusal_) refusal_ = std::move(verdict);
  }
  Verdict NothingApplies() const;

  const UpdateContent& update_;
  const VirtualState& state_;
  std::vector<std::string>& trace_;
  Selection selection_;
  std::set<const PackageFile*> open_, taken_;
  ComingPackages coming_;
  std::optional<Verdict> refusal_;
  std::set<Guard> misses_;
  std::string missed_family_, missed_parent_;
  bool missed_update_ = false;
};

Verdict Selector::JudgeParents(const ParentAnswer& answer) const {
  if (answer.answer == Answer::kUndecidable) return Undecidable(answer.reason);
  if (answer.wants_newer && Replaces()) {
    // A later month names the checkpoint's packages (1.8): the image is of this product.
    return Refuse(Code::kPrerequisiteMissing, kMissingBaselines,
                  "the image lacks the checkpoint that the update builds on: " + answer.reason,
                  "Add the checkpoint or cumulative update that comes before it to the same run.");
  }
  if (answer.wants_update) {
    return Refuse(Code::kPrerequisiteMissing, kHrNotApplicable,
                  "a prerequisite is missing: " + answer.reason,
                  "Add the missing update to the same run or apply it first.");
  }
  return NotApplicable("the update is for another product, edition or build: " + answer.reason,
                       "Leave the update out for this image.");
}

Result<GuardAnswer> Selector::EvaluateGuard(const manifest::UpdateComponent& wanted,
                                            bool staged_is_enough) {
  GuardAnswer answer;
  WW_TRY(const auto winner, state_.Winner(wanted.identity), "applicability");
  auto present = winner;
  if (!present && staged_is_enough) {
    WW_TRY(present, state_.HighestKnown(wanted.identity), "applicability");
    if (present) answer.state = kStateStaged;
  }
  if (!present) {
    if (Is(wanted.elevate, "install")) answer.guard = Guard::kMatched;
  } else if (*present == wanted.identity.version) {
    answer.guard = Guard::kCurrent;
  } else if (*present > wanted.identity.version) {
    answer.guard = Guard::kNewer;
  } else {
    answer.guard = MayElevate(wanted.elevate, *present, wanted.identity.version) ? Guard::kMatched
                                                                                 : Guard::kBoundary;
  }
  trace_.push_back(fmt::format("Appl: component {} {}, elevate {}: installed {}, {}",
                               wanted.identity.name, wanted.identity.version.ToString(),
                               wanted.elevate, present ? present->ToString() : "none",
                               answer.guard == Guard::kMatched ? "applicable" : "not applicable"));
  return answer;
}

// Windows 7 to 8.1 packages may hold a GDR and an LDR form of one fix: GDR, unless the image
// already has an LDR version of the component (windows-servicing.md 2.4).
Result<bool> Selector::OtherBranchIsBetter(const PackageFile& package,
                                           const manifest::UpdateComponent& wanted) {
  if (wanted.identity.version.major() != 6) return false;
  const bool own_is_ldr = IsLdr(wanted.identity.version);
  bool other_exists = false;
  for (const auto& update : package.manifest.updates) {
    for (const auto& applicable : update.applicable) {
      for (const auto& other : applicable.components) {
        if (manifest::SameComponentFamily(other.identity, wanted.identity) &&
            IsLdr(other.identity.version) != own_is_ldr) {
          other_exists = true;
        }
      }
    }
  }
  if (!other_exists) return false;
  WW_TRY(const auto winner, state_.Winner(wanted.identity), "branch of the component");
  const bool image_is_ldr = winner && IsLdr(*winner);
  return own_is_ldr != image_is_ldr;
}

Result<bool> Selector::VisitChildren(const PackageFile& package, const manifest::Update& update,
                                     std::uint32_t limit, int depth) {
  bool any = false;
  for (const auto& child : update.packages) {
    const auto* file = update_.FindPackage(child.identity);
    if (file == nullptr) {
      if (!child.contained || Knows(child.identity)) continue;
      // Below the root, cumulative updates name packages of editions and features that this image
      // does not have (2.6 step 4).
      const auto family = state_.Family(child.identity);
      const bool installed = std::any_of(family.begin(), family.end(), [](const auto* record) {
        return IsInstalledState(record->state);
      });
      if (depth > 0 && Replaces() && !installed) {
        trace_.push_back(fmt::format("Appl: {} is of another edition or a feature that is off",
                                     manifest::PackageIdentityString(child.identity)));
        continue;
      }
      RefuseWith(
          Refuse(Code::kCorrupt, kSourceMissing,
                 fmt::format("{} refers to {}, which is neither in the update nor in the image",
                             manifest::PackageIdentityString(package.manifest.identity),
                             manifest::PackageIdentityString(child.identity)),
                 "Download the update again."));
      return false;
    }
    WW_TRY(const bool taken, Visit(*file, &package, limit, depth + 1), "child package");
    any = any || taken;
  }
  return any;
}

Result<bool> Selector::VisitUpdate(const PackageFile& package, const manifest::Update& update,
                                   std::uint32_t limit, int depth, SelectedPackage& selected) {
  SelectedUpdate chosen;
  chosen.update = &update;
  chosen.state = limit;
  bool guarded = false;
  for (const auto& applicable : update.applicable) {
    const bool staged_is_enough = Is(applicable.disposition, "staged");
    for (const auto& detect : applicable.detect_updates) {
      guarded = true;
      if (!detect.updates.empty()) {
        WW_TRY(const auto detected, DetectedState(package, detect), update.name);
        if (!detected) {
          RefuseWith(Undecidable(fmt::format("{} depends on the update \"{}\" by name", update.name,
                                             detect.updates.front())));
          return false;
        }
        chosen.state = std::min(chosen.state, *detected);
        continue;
      }
      const auto found = EvaluateParents(detect.parents, state_, coming_, trace_);
      if (found.answer == Answer::kUndecidable) RefuseWith(JudgeParents(found));
      if (found.answer != Answer::kYes) return false;
    }
    for (const auto* list : {&applicable.components, &applicable.drivers}) {
      for (const auto& wanted : *list) {
        guarded = true;
        WW_TRY(const bool other, OtherBranchIsBetter(package, wanted), "GDR and LDR");
        if (other) continue;
        WW_TRY(const auto answer, EvaluateGuard(wanted, staged_is_enough), "applicability");
        if (answer.guard != Guard::kMatched) {
          misses_.insert(answer.guard);
          if (missed_family_.empty()) missed_family_ = wanted.identity.name;
          continue;
        }
        chosen.matched.push_back(&wanted);
        if (chosen.elevate.empty()) chosen.elevate = wanted.elevate;
        chosen.state = std::min(chosen.state, answer.state);
      }
    }
  }
  if (guarded && chosen.matched.empty()) {
    bool only_detect = true;
    for (const auto& applicable : update.applicable) {
      only_detect = only_detect && applicable.components.empty() && applicable.drivers.empty();
    }
    if (!only_detect) return false;
  }
  if (update.selectable && !Is(update.selectable->disposition, "install")) {
    // An optional feature's own switch: turning it on is not servicing, but what is on stays on.
    WW_TRY(const auto feature, FeatureOf(package, update), update.name);
    if (feature.recorded) selected.features[update.name] = *feature.recorded;
    if (feature.is == Feature::Is::kUnknown) {
      RefuseWith(
          Undecidable(fmt::format("the feature {} is recorded in state {}, which is not "
                                  "known",
                                  update.name, feature.recorded.value_or(0))));
      return false;
    }
    if (feature.is == Feature::Is::kOff) {
      chosen.state = std::min<std::uint32_t>(chosen.state, kStateStaged);
    }
  }
  // What an older version of the package registered stays as it is (capability_index.h).
  if (!update.capabilities.empty() && selected.replaces.empty()) {
    RefuseWith(Refuse(
        Code::kUnsupported, kNotSupported,
        fmt::format("{} registers capabilities, which is adding a feature on demand", update.name),
        "Feature packages are out of scope: use Windows' own tools."));
    return false;
  }
  WW_TRY(const bool children, VisitChildren(package, update, chosen.state, depth), update.name);
  if (refusal_) return false;
  const bool own_content = !update.components.empty() || !update.drivers.empty();
  if (!own_content && !children) return false;
  selected.updates.push_back(std::move(chosen));
  return true;
}

Result<bool> Selector::Visit(const PackageFile& package, const PackageFile* parent,
                             std::uint32_t limit, int depth) {
  const auto id = manifest::PackageIdentityString(package.manifest.identity);
  if (taken_.contains(&package)) return true;
  if (depth > kMaxDepth || !open_.insert(&package).second) {
    RefuseWith(Refuse(Code::kCorrupt, kCycleEvaluation,
                      fmt::format("the packages refer to each other in a circle at {}", id),
                      "Download the update again."));
    return false;
  }
  trace_.push_back(fmt::format("Appl: Evaluating package applicability for package {}", id));
  auto parents = ParentAnswer{};
  std::optional<std::uint32_t> visibility;
  std::string replaces;
  if (const auto* present = parent != nullptr || depth > 0 ? Present(package) : nullptr) {
    // A newer version of what the image has (2.6 steps 2 and 3): as installed as the older one is.
    if (present->identity.version >= package.manifest.identity.version) {
      open_.erase(&package);
      return false;
    }
    parents.answer = Answer::kYes;
    parents.state = IsInstalledState(present->state) ? kStateInstalled : kStateStaged;
    visibility = present->visibility;
    replaces = present->identity_string;
  } else {
    parents = EvaluateParents(package.manifest.parents, state_, coming_, trace_);
  }
  if (parents.answer != Answer::kYes) {
    open_.erase(&package);
    // The outer package's answer is the update's; a child that does not fit is simply not taken.
    if (parent == nullptr || parents.answer == Answer::kUndecidable)
      RefuseWith(JudgeParents(parents));
    if (missed_parent_.empty()) missed_parent_ = parents.reason;
    missed_update_ = missed_update_ || parents.wants_update;
    return false;
  }
  if (package.manifest.installer_assembly &&
      EqualNoCaseAscii(package.manifest.installer_assembly->name,
                       "Microsoft-Windows-ServicingStack")) {
    const auto& needed = package.manifest.installer_assembly->version;
    const auto& present = state_.servicing_stack();
    if (!present || *present < needed) {
      RefuseWith(
          Refuse(Code::kPrerequisiteMissing, kNewServicingStackRequired,
                 fmt::format("the update needs servicing stack {}, the image has {}",
                             needed.ToString(), present ? present->ToString() : "none"),
                 "Add the servicing stack update that brings this version to the same run."));
      open_.erase(&package);
      return false;
    }
  }
  SelectedPackage selected;
  selected.file = &package;
  selected.parent = parent;
  selected.baseline = parent == nullptr && update_.checkpoint();
  selected.visibility = visibility;
  selected.replaces = std::move(replaces);
  // A newer version is as installed as the older one is, whatever refers to it.
  selected.state = visibility ? parents.state : std::min(limit, parents.state);
  coming_.Add(package.manifest.identity, selected.state);
  for (const auto& update : package.manifest.updates) {
    WW_TRY(const bool taken, VisitUpdate(package, update, selected.state, depth, selected), id);
    static_cast<void>(taken);
    if (refusal_) break;
  }
  open_.erase(&package);
  // A newer version of what is there replaces it even when nothing below it is new to the image.
  const bool only_replacements = parent == nullptr && !selection_.packages.empty();
  if (refusal_ || (selected.updates.empty() && !only_replacements && !visibility)) {
    coming_.Remove(package.manifest.identity);
    return false;
  }
  // A package whose every update could only be staged is itself only staged.
  bool any_installed = selected.updates.empty() || visibility;
  for (const auto& update : selected.updates)
    any_installed = any_installed || update.state != kStateStaged;
  if (!any_installed) {
    selected.state = kStateStaged;
    coming_.Add(package.manifest.identity, selected.state);
  }
  trace_.push_back(fmt::format("Appl: package {} is applicable, target state {}", id,
                               PackageStateName(selected.state)));
  taken_.insert(&package);
  selection_.packages.push_back(std::move(selected));
  return true;
}

const PackageRecord* Selector::Present(const PackageFile& package) const {
  if (!Replaces()) return nullptr;
  const PackageRecord* best = nullptr;
  for (const auto* record : state_.Family(package.manifest.identity)) {
    if (!IsInstalledState(record->state) && record->state != kStateStaged) continue;
    if (best == nullptr || record->identity.version > best->identity.version) best = record;
  }
  return best;
}

// Whether the image has exactly this package, in whatever state.
bool Selector::Knows(const manifest::AssemblyIdentity& package) const {
  const auto* record = state_.Find(package);
  return record != nullptr && (IsInstalledState(record->state) || record->state == kStateStaged ||
                               record->state == kStateSuperseded);
}

// The numbers of 2.7: those of packages and those of updates.
Feature::Is FeatureState(std::uint32_t recorded) {
  if (recorded == 7 || recorded == 8 || IsInstalledState(recorded)) return Feature::Is::kOn;
  if (recorded <= 4 || (recorded <= kStateStaged && recorded % 0x10 == 0)) return Feature::Is::kOff;
  return Feature::Is::kUnknown;
}

Result<Feature> Selector::FeatureOf(const PackageFile& package,
                                    const manifest::Update& update) const {
  Feature feature;
  const auto* present = Present(package);
  if (present == nullptr) return feature;
  WW_TRY(feature.recorded, state_.FeatureState(*present, update.name), "feature");
  if (feature.recorded) feature.is = FeatureState(*feature.recorded);
  if (feature.is == Feature::Is::kOn) return feature;
  // What is installed of it says so too, and an installed deployment is to be updated in any case.
  const auto look = [&](const manifest::AssemblyIdentity& deployment) -> Status {
    WW_TRY(const auto winner, state_.Winner(deployment), "feature");
    if (winner) feature.is = Feature::Is::kOn;
    return {};
  };
  for (const auto& deployment : update.components) WW_RETURN_IF_ERROR(look(deployment));
  for (const auto& driver : update.drivers) WW_RETURN_IF_ERROR(look(driver.identity));
  return feature;
}

Result<std::optional<std::uint32_t>> Selector::DetectedState(
    const PackageFile& package, const manifest::DetectUpdate& detect) const {
  const std::optional<std::uint32_t> unknown;
  if (!detect.parents.empty()) return unknown;
  std::uint32_t state = kStateInstalled;
  for (const auto& name : detect.updates) {
    const auto& updates = package.manifest.updates;
    const auto found = std::find_if(updates.begin(), updates.end(),
                                    [&](const auto& u) { return EqualNoCase(u.name, name); });
    if (found == updates.end() || !found->selectable) return unknown;
    if (Is(found->selectable->disposition, "install")) continue;
    WW_TRY(const auto feature, FeatureOf(package, *found), name);
    if (feature.is == Feature::Is::kUnknown) return unknown;
    if (feature.is == Feature::Is::kOff) state = kStateStaged;
  }
  return std::optional<std::uint32_t>(state);
}

// 2.6 step 2: packages of the product in a newer version, whether the tree refers to them or not.
Status Selector::VisitReplacements() {
  // All of them are parents of the others, in whatever order they come.
  for (const auto& [key, package] : update_.packages()) {
    const auto* present = Present(*package);
    if (package.get() == &update_.outer() || present == nullptr ||
        present->identity.version >= package->manifest.identity.version) {
      continue;
    }
    coming_.Add(package->manifest.identity,
                IsInstalledState(present->state) ? kStateInstalled : kStateStaged);
  }
  for (const auto& [key, package] : update_.packages()) {
    if (refusal_) return {};
    if (package.get() == &update_.outer() || taken_.contains(package.get())) continue;
    const auto* present = Present(*package);
    if (present == nullptr || present->identity.version >= package->manifest.identity.version) {
      continue;
    }
    WW_TRY(const bool taken, Visit(*package, &update_.outer(), kStateInstalled, 1), key);
    static_cast<void>(taken);
  }
  return {};
}

Verdict Selector::NothingApplies() const {
  const bool only_current =
      !misses_.empty() && !misses_.contains(Guard::kAbsent) && !misses_.contains(Guard::kBoundary);
  if (only_current && !missed_update_) {
    if (!misses_.contains(Guard::kNewer)) {
      return {Decision::kAlreadyPresent, Code::kNotApplicable, kOk,
              "every component of the update is already there in this version", ""};
    }
    return {Decision::kSuperseded, Code::kNotApplicable, kOk,
            "every component of the update is already there in this or a newer version", ""};
  }
  if (missed_update_) {
    return Refuse(Code::kPrerequisiteMissing, kHrNotApplicable,
                  "a prerequisite is missing: " + missed_parent_,
                  "Add the missing update to the same run or apply it first.");
  }
  std::string why = "nothing in the update fits the image";
  if (!missed_family_.empty()) {
    why += fmt::format(": no version of {} that it may replace is installed", missed_family_);
  } else if (!missed_parent_.empty()) {
    why += ": " + missed_parent_;
  }
  return NotApplicable(std::move(why), "Leave the update out for this image.");
}

Result<Selection> Selector::Run() {
  const auto& outer = update_.outer();
  const auto& identity = outer.manifest.identity;
  for (const auto* record : state_.Family(identity)) {
    const bool there = IsInstalledState(record->state) || record->state == kStateSuperseded;
    if (there && record->identity.version > identity.version) {
      selection_.verdict = {Decision::kSuperseded, Code::kNotApplicable, kOk,
                            fmt::format("superseded by {}", record->identity_string), ""};
      return std::move(selection_);
    }
    if (there && record->identity.version == identity.version) {
      selection_.verdict = {
          Decision::kAlreadyPresent, Code::kNotApplicable, kOk,
          fmt::format("{} is {}", record->identity_string, PackageStateName(record->state)), ""};
      return std::move(selection_);
    }
  }
  if (Replaces()) {
    const auto parents = EvaluateParents(outer.manifest.parents, state_, coming_, trace_);
    if (parents.answer == Answer::kYes) WW_RETURN_IF_ERROR(VisitReplacements());
  }
  WW_TRY(const bool taken, Visit(outer, nullptr, kStateInstalled, 0), update_.identity());
  if (refusal_) {
    selection_.packages.clear();
    selection_.verdict = std::move(*refusal_);
  } else if (!taken) {
    selection_.packages.clear();
    selection_.verdict = NothingApplies();
  } else {
    const bool staged = selection_.packages.back().state == kStateStaged;
    const auto* known = state_.Find(identity);
    if (staged && known != nullptr && known->state == kStateStaged) {
      selection_.packages.clear();
      selection_.verdict = {
          Decision::kAlreadyPresent, Code::kNotApplicable, kOk,
          fmt::format("{} is staged, as the feature that it belongs to", known->identity_string),
          ""};
    } else {
      selection_.verdict.decision = staged ? Decision::kStage : Decision::kInstall;
      if (staged)
        selection_.verdict.reason = "the feature that it belongs to is staged, not installed";
    }
  }
  return std::move(selection_);
}

}  // namespace

Result<Selection> Select(const UpdateContent& update, const VirtualState& state,
                         std::vector<std::string>& trace) {
  return Selector(update, state, trace).Run();
}

}  // namespace ww::cbs
