#include "closure.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

#include "basis_search.h"
#include "effects.h"
#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

constexpr std::size_t kMaxReasons = 20;
constexpr int kMaxRounds = 100;  // of leaving out; the reference algorithm has no bound

bool Is(std::string_view word, std::string_view expected) {
  return EqualNoCaseAscii(word, expected);
}

class Closer {
 public:
  Closer(const UpdateContent& update, const VirtualState& state, std::vector<std::string>& trace)
      : update_(update), state_(state), trace_(trace), bases_(update, state) {}

  Result<Closure> Run(const Selection& selection);

 private:
  // Deployments and what they bring, once.
  Status Collect(const Selection& selection);
  // Leaves out what lacks a prerequisite; true when that changed anything.
  Result<bool> DropUnmet();
  Status AddDeployment(const SelectedPackage& package, const SelectedUpdate& selected,
                       const manifest::AssemblyIdentity& identity);
  Status AddDriver(const SelectedPackage& package, const SelectedUpdate& selected,
                   const manifest::AssemblyIdentity& identity);
  // Everything that the deployment brings, itself included, breadth first.
  Status Walk(const manifest::AssemblyIdentity& deployment, std::uint32_t state);
  Status Follow(const manifest::Dependency& dependency, const manifest::AssemblyIdentity& owner,
                std::deque<manifest::AssemblyIdentity>& queue);
  Result<bool> LanguageFits(const manifest::AssemblyIdentity& resource);
  Status JudgeComponents();
  Status JudgeFiles(PlannedComponent& component);
  void Blame(std::string reason) { blamed_.push_back(std::move(reason)); }

  const UpdateContent& update_;
  const VirtualState& state_;
  std::vector<std::string>& trace_;
  BasisSearch bases_;
  Closure closure_;
  std::map<std::string, std::size_t> component_at_, deployment_at_;  // by keyform
  struct Prerequisite {
    std::string owner;    // keyform
    std::string keyform;  // of `identity`
    manifest::AssemblyIdentity identity;
  };
  std::vector<Prerequisite> prerequisites_;  // of all that was walked
  std::set<std::string> left_out_;           // keyforms
  std::vector<std::string> blamed_;
};

tl::unexpected<Error> Missing(const manifest::AssemblyIdentity& wanted,
                              const manifest::AssemblyIdentity& owner) {
  return Fail(Error{Code::kPrerequisiteMissing,
                    fmt::format("{} needs {}, which is neither in the update nor in the image",
                                owner.name, manifest::Keyform(wanted)),
                    "Add the update that brings this component to the same run.",
                    kAssemblyMissing});
}

// Whether `file` is to be seen in the same places as `other`, both of one family.
bool ProjectsAlike(const manifest::FileEntry& file, const manifest::FileEntry& other) {
  return file.destination_path == other.destination_path && file.links == other.links &&
         file.installed_name() == other.installed_name();
}

Predecessor Remember(const manifest::ComponentManifest& before,
                     const manifest::ComponentManifest& now) {
  Predecessor out{
      manifest::Keyform(before.identity), before.identity.version, before.services, {}, {}};
  std::unordered_multimap<std::string_view, const manifest::FileEntry*> by_name;
  for (const auto& file : now.files) by_name.emplace(file.installed_name(), &file);
  for (const auto& file : before.files) {
    const auto [first, last] = by_name.equal_range(file.installed_name());
    const bool alike = std::any_of(
        first, last, [&file](const auto& entry) { return ProjectsAlike(file, *entry.second); });
    if (!alike) out.files.push_back(file);
  }
  return out;
}

// A resource component belongs to an image when an older version of its own family is there.
Result<bool> Closer::LanguageFits(const manifest::AssemblyIdentity& resource) {
  WW_TRY(const auto winner, state_.Winner(resource), "resource language");
  if (winner) return true;
  WW_TRY(const auto known, state_.HighestKnown(resource), "resource language");
  return known.has_value();
}

Status Closer::Follow(const manifest::Dependency& dependency,
                      const manifest::AssemblyIdentity& owner,
                      std::deque<manifest::AssemblyIdentity>& queue) {
  const bool install =
      dependency.dependency_type.empty() || Is(dependency.dependency_type, "install");
  const bool prerequisite = Is(dependency.dependency_type, "prerequisite");
  if (!install && !prerequisite) {
    Blame(fmt::format("{}: dependency type \"{}\" is not known", manifest::Keyform(owner),
                      dependency.dependency_type));
    return {};
  }
  if (prerequisite) {
    if (dependency.identity.language != "*" && !dependency.optional) {
      prerequisites_.push_back(
          {manifest::Keyform(owner), manifest::Keyform(dependency.identity), dependency.identity});
    }
    return {};
  }
  if (dependency.identity.language == "*") {
    for (const auto* file : update_.FindAllLanguages(dependency.identity)) {
      WW_TRY(const bool fits, LanguageFits(file->manifest.identity), "resource language");
      if (fits) queue.push_back(file->manifest.identity);
    }
    return {};
  }
  if (update_.FindComponent(dependency.identity) != nullptr) {
    queue.push_back(dependency.identity);
    return {};
  }
  WW_TRY(const bool known, state_.HasComponent(dependency.identity), "dependency");
  if (known) {
    queue.push_back(dependency.identity);
    return {};
  }
  if (dependency.optional) return {};
  return Missing(dependency.identity, owner);
}

Status Closer::Walk(const manifest::AssemblyIdentity& deployment, std::uint32_t state) {
  const auto deployment_key = manifest::DeploymentKey(deployment);
  std::deque<manifest::AssemblyIdentity> queue{deployment};
  std::set<std::string> seen;
  while (!queue.empty()) {
    const auto identity = std::move(queue.front());
    queue.pop_front();
    const auto keyform = manifest::Keyform(identity);
    if (left_out_.contains(keyform) || !seen.insert(keyform).second) continue;
    const auto [at, is_new] = component_at_.try_emplace(keyform, closure_.components.size());
    if (is_new) {
      PlannedComponent component;
      component.identity = identity;
      component.file = update_.FindComponent(identity);
      closure_.components.push_back(std::move(component));
    }
    auto& component = closure_.components[at->second];
    component.state = std::max(component.state, state);
    if (std::find(component.deployments.begin(), component.deployments.end(), deployment_key) ==
        component.deployments.end()) {
      component.deployments.push_back(deployment_key);
    }
    // What the store has already was closed when it was installed.
    if (component.file == nullptr) continue;
    const auto& dependencies = component.file->manifest.dependencies;
    for (const auto& dependency : dependencies) {
      WW_RETURN_IF_ERROR(Follow(dependency, identity, queue));
    }
  }
  return {};
}

Status Closer::AddDeployment(const SelectedPackage& package, const SelectedUpdate& selected,
                             const manifest::AssemblyIdentity& identity) {
  if (left_out_.contains(manifest::Keyform(identity))) return {};
  const auto* file = update_.FindComponent(identity);
  if (file == nullptr) {
    WW_TRY(const bool known, state_.HasComponent(identity), "deployment");
    if (!known) return Missing(identity, package.file->manifest.identity);
  }
  const auto [at, is_new] =
      deployment_at_.try_emplace(manifest::Keyform(identity), closure_.deployments.size());
  if (is_new) {
    PlannedDeployment deployment;
    deployment.identity = file != nullptr ? file->manifest.identity : identity;
    deployment.file = file;
    deployment.package = package.file;
    closure_.deployments.push_back(std::move(deployment));
  }
  closure_.deployments[at->second].references.push_back(
      {manifest::UpdateReference(package.file->manifest.identity, selected.update->name),
       selected.elevate, selected.state});
  return Walk(closure_.deployments[at->second].identity, selected.state);
}

// A driver is its own deployment (6.7).
Status Closer::AddDriver(const SelectedPackage& package, const SelectedUpdate& selected,
                         const manifest::AssemblyIdentity& identity) {
  if (!IsDualModeDriver(identity)) {
    Blame(
        fmt::format("{}: {} (a driver package has to be staged into the driver store and the "
                    "driver database)",
                    manifest::Keyform(identity), identity.type.empty() ? "driver" : identity.type));
    return {};
  }
  const auto* file = update_.FindComponent(identity);
  if (file != nullptr && !file->manifest.is_deployment) {
    Blame(
        fmt::format("{}: dualModeDriver (its manifest is no deployment, how to register it is "
                    "not known)",
                    file->keyform));
    return {};
  }
  return AddDeployment(package, selected, identity);
}

// Every file of a component that is new to the store must be deliverable and checkable.
Status Closer::JudgeFiles(PlannedComponent& component) {
  component.payload.reserve(component.file->manifest.files.size());
  for (const auto& file : component.file->manifest.files) {
    const auto name = fmt::format("{}\\{}", component.file->keyform, file.name);
    PlannedPayload payload;
    if (file.digest_algorithm != manifest::DigestAlgorithm::kSha256 ||
        file.transform != manifest::HashTransform::kIdentity) {
      Blame(fmt::format("{}: its manifest gives no SHA-256 of the file", name));
    } else {
      auto source = update_.FindPayload(*component.file, file);
      WW_TRY(payload.recipe, bases_.Find(*component.file, file, source), "payload");
      if (!source) {
        return Fail(Error{
            Code::kCorrupt, fmt::format("the package lacks the payload {}", name),
            "Download the update again, or give the full package instead of a differential one.",
            update_.differential() ? kPsfxDeltasMissing : kSourceMissing});
      }
      payload.source = *source;
    }
    component.payload.push_back(std::move(payload));
  }
  return {};
}

Status Closer::JudgeComponents() {
  for (auto& component : closure_.components) {
    const auto keyform = manifest::Keyform(component.identity);
    if (component.file != nullptr) {
      WW_TRY(const bool known, state_.HasComponent(component.identity), "component");
      if (known) {
        component.file = nullptr;
      } else {
        WW_RETURN_IF_ERROR(JudgeFiles(component));
      }
    }
    if (component.state != kStateInstalled) continue;
    WW_TRY(const auto winner, state_.Winner(component.identity), keyform);
    if (winner && *winner >= component.identity.version) continue;
    component.wins = true;
    if (component.file != nullptr) {
      component.manifest = std::shared_ptr<const manifest::ComponentManifest>(
          std::shared_ptr<void>(), &component.file->manifest);
    } else {
      WW_TRY(component.manifest, state_.LoadComponent(component.identity), keyform);
    }
    std::shared_ptr<const manifest::ComponentManifest> predecessor;
    if (winner) {
      auto previous = component.manifest->identity;
      previous.version = *winner;
      predecessor = bases_.TakeManifest(previous);
      if (!predecessor) {
        WW_TRY(predecessor, state_.LoadComponent(previous), "installed version");
      }
      component.predecessor = Remember(*predecessor, *component.manifest);
      if (IsDualModeDriver(component.identity)) {
        WW_TRY(auto history,
               HistoryOfDriver(*predecessor, *component.manifest, state_.image().control_set()),
               keyform);
        component.predecessor->driver = std::make_shared<const DriverHistory>(std::move(history));
      }
    }
    for (const auto& blocked : BlockedEffects(*component.manifest, predecessor.get())) {
      Blame(fmt::format("{}: {} ({})", keyform, blocked.kind, blocked.reason));
    }
  }
  return bases_.TryDoubtful();
}

Status Closer::Collect(const Selection& selection) {
  closure_.deployments.clear();
  closure_.components.clear();
  component_at_.clear();
  deployment_at_.clear();
  prerequisites_.clear();
  blamed_.clear();
  for (const auto& package : selection.packages) {
    for (const auto& selected : package.updates) {
      for (const auto& driver : selected.update->drivers) {
        WW_RETURN_IF_ERROR(AddDriver(package, selected, driver.identity));
      }
      for (const auto& identity : selected.update->components) {
        if (identity.language != "*") {
          WW_RETURN_IF_ERROR(AddDeployment(package, selected, identity));
          continue;
        }
        // Of the image's languages; that none fits is no error (2.6 step 4).
        for (const auto* file : update_.FindAllLanguages(identity)) {
          WW_TRY(const bool fits, LanguageFits(file->manifest.identity), "language");
          if (fits) {
            WW_RETURN_IF_ERROR(AddDeployment(package, selected, file->manifest.identity));
          }
        }
      }
    }
  }
  return {};
}

// 2.6 step 5: a prerequisite brings nothing. It is there or comes by itself, else its owner is not
// for this image, and neither are those that have the owner as their prerequisite.
Result<bool> Closer::DropUnmet() {
  bool dropped = false;
  std::multimap<std::string_view, const Prerequisite*> met;  // by a component of the update
  std::deque<const Prerequisite*> queue;
  for (const auto& prerequisite : prerequisites_) queue.push_back(&prerequisite);
  while (!queue.empty()) {
    const auto& one = *queue.front();
    queue.pop_front();
    if (left_out_.contains(one.owner)) continue;
    if (component_at_.contains(one.keyform) && !left_out_.contains(one.keyform)) {
      met.emplace(one.keyform, &one);
      continue;
    }
    WW_TRY(const bool known, state_.HasComponent(one.identity), "prerequisite");
    if (known) continue;
    WW_TRY(const auto winner, state_.Winner(one.identity), "prerequisite");
    if (winner && *winner >= one.identity.version) continue;
    trace_.push_back(
        fmt::format("Appl: {} is left out: its prerequisite {} is neither installed nor selected",
                    one.owner, one.keyform));
    left_out_.insert(one.owner);
    dropped = true;
    const auto [begin, end] = met.equal_range(one.owner);
    for (auto at = begin; at != end; ++at) queue.push_back(at->second);
    met.erase(begin, end);
  }
  return dropped;
}

Result<Closure> Closer::Run(const Selection& selection) {
  const auto attempt = [&]() -> Status {
    // What is left out may have brought the prerequisite of something else.
    bool again = true;
    for (int round = 0; again; ++round) {
      if (round == kMaxRounds)
        return Fail(Code::kLimit, "prerequisites depend on each other too deeply");
      WW_RETURN_IF_ERROR(Collect(selection));
      WW_TRY(again, DropUnmet(), "prerequisites");
    }
    return JudgeComponents();
  };
  closure_.verdict = selection.verdict;
  if (auto status = attempt(); !status) {
    // Errors with a Windows code are about the update or the store it meets: a decision. The rest
    // is I/O.
    if (status.error().hresult == 0 &&
        (status.error().code == Code::kIo || status.error().code == Code::kCancelled))
      return Fail(status.error());
    closure_.verdict = Refuse(status.error());
    return std::move(closure_);
  }
  if (blamed_.empty()) return std::move(closure_);
  for (const auto& reason : blamed_) trace_.push_back("Refused effect: " + reason);
  std::string text = "it needs what only a running Windows can do: ";
  for (std::size_t i = 0; i < std::min(blamed_.size(), kMaxReasons); ++i)
    text += (i == 0 ? "" : "; ") + blamed_[i];
  if (blamed_.size() > kMaxReasons)
    text += fmt::format("; and {} more (see the log)", blamed_.size() - kMaxReasons);
  closure_.verdict = Refuse(Code::kUnsupported, kNotAllowedOffline, std::move(text),
                            "Install this update online after deployment, or leave it out.");
  return std::move(closure_);
}

}  // namespace

Result<Closure> Close(const UpdateContent& update, const VirtualState& state,
                      const Selection& selection, std::vector<std::string>& trace) {
  return Closer(update, state, trace).Run(selection);
}

}  // namespace ww::cbs
