#include "registration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "capability_index.h"
#include "driver.h"
#include "parents.h"
#include "planned_value.h"
#include "registry_names.h"
#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

constexpr std::uint32_t kVisible = 1;
constexpr std::uint32_t kHidden = 2;
constexpr std::uint32_t kOwnedByItself =
    0x00030000;                                   // 5.3: 0x00030070 for a package that owns itself
constexpr std::uint32_t kDetectParent = 2;        // PackageDetect of a disposition="detect" parent
constexpr std::uint32_t kClosureComplete = 0x0C;  // CF: manifests and files present
constexpr std::uint32_t kHasMutableFile = 0x80;   // CF
constexpr std::uint32_t kStaged = 1;              // f!: StageMark

std::string Cbs(std::string_view sub, std::string_view name) {
  return fmt::format("{}\\{}\\{}", kCbsKey, sub, name);
}

// Children of a tree are hidden, also when Windows is given one of them by itself (5.7).
std::uint32_t Visibility(const SelectedPackage& package) {
  if (package.visibility) return *package.visibility;
  const auto& name = package.file->manifest.identity.name;
  const bool numbered =
      name.size() > 8 && name[8] >= '0' && name[8] <= '9' && IsUpdatePackageName(name);
  return package.parent != nullptr || numbered ? kHidden : kVisible;
}

void RegisterPackage(const SelectedPackage& package, const PlanOptions& options,
                     RegistryWriter& registry) {
  const auto& manifest = package.file->manifest;
  const auto id = manifest::PackageIdentityString(manifest.identity);
  const bool permanent =
      package.state == kStateInstalled && EqualNoCaseAscii(manifest.permanence, "permanent");
  const std::uint32_t state = permanent ? std::uint32_t{kStatePermanent} : package.state;
  const auto key = Cbs("Packages", id);
  const auto set = [&](std::string_view name, ::ww::hive::Value value) {
    registry.Set(HiveKind::kSoftware, key, std::string(name), std::move(value));
  };
  set("CurrentState", ::ww::hive::MakeDword(state));
  set("InstallClient", ::ww::hive::MakeSz("DISM Package Manager Provider"));
  set("InstallLocation",
      ::ww::hive::MakeSz(options.install_location.empty() ? R"(\\?\C:\wimwright\)"
                                                          : options.install_location));
  set("InstallName", ::ww::hive::MakeSz(id + ".mum"));
  set("InstallTimeHigh", ::ww::hive::MakeDword(static_cast<std::uint32_t>(options.now >> 32)));
  set("InstallTimeLow", ::ww::hive::MakeDword(static_cast<std::uint32_t>(options.now)));
  set("InstallUser", ::ww::hive::MakeSz("S-1-5-18"));
  set("SelfUpdate", ::ww::hive::MakeDword(manifest.self_update ? 1 : 0));
  set("Visibility", ::ww::hive::MakeDword(Visibility(package)));
  // 1.8, 5.3: what later updates may be differences to.
  if (package.baseline) set("Baseline", ::ww::hive::MakeDword(1));
  registry.Set(HiveKind::kSoftware, key + "\\Owners", id,
               ::ww::hive::MakeDword(kOwnedByItself | (state & 0xFFFF)));
  registry.Set(HiveKind::kSoftware,
               Cbs("PackageIndex", manifest::PackageFamilyString(manifest.identity)), id,
               ::ww::hive::MakeDword(0));
  // The outer parents only: the nested list of editions was not recorded by Windows (5.7).
  for (const auto& parent : manifest.parents) {
    if (!parent.disposition.empty() && !EqualNoCaseAscii(parent.disposition, "detect")) continue;
    for (const auto& wanted : parent.any_of) {
      registry.Set(HiveKind::kSoftware, Cbs("PackageDetect", manifest::PackageFamilyString(wanted)),
                   id, ::ww::hive::MakeDword(kDetectParent));
    }
  }
  for (const auto& [name, recorded] : package.features) {
    registry.Set(HiveKind::kSoftware, key + "\\Updates", name, ::ww::hive::MakeDword(recorded));
  }
  for (const auto& selected : package.updates) {
    for (const auto* matched : selected.matched) {
      registry.Set(HiveKind::kSoftware,
                   Cbs("ComponentDetect", manifest::ComponentDetectKey(matched->identity)),
                   manifest::UpdateReference(manifest.identity, selected.update->name),
                   ::ww::hive::MakeSz(fmt::format("{}@{}", matched->identity.version.ToString(),
                                                  ElevateDigit(matched->elevate))));
    }
  }
}

// 5.3, "all versions of a family": an older installed version becomes Superseded.
void SupersedeOlder(const SelectedPackage& package, VirtualState& state, RegistryWriter& registry) {
  if (package.state != kStateInstalled) return;
  const auto& identity = package.file->manifest.identity;
  std::vector<PackageRecord> older;
  for (const auto* record : state.Family(identity)) {
    if (IsInstalledState(record->state) && record->identity.version < identity.version)
      older.push_back(*record);
  }
  for (auto& record : older) {
    registry.Set(HiveKind::kSoftware, Cbs("Packages", record.identity_string), "CurrentState",
                 ::ww::hive::MakeDword(kStateSuperseded));
    record.state = kStateSuperseded;
    state.SetPackage(std::move(record));
  }
}

Status RegisterDeployment(const PlannedDeployment& deployment, RegistryWriter& registry) {
  const auto deployment_key = manifest::DeploymentKey(deployment.identity);
  const auto key = fmt::format("{}\\{}", kDeploymentsKey, deployment_key);
  if (deployment.file != nullptr) {
    WW_TRY(const auto text, manifest::IdentityText(deployment.identity), deployment.identity.name);
    registry.Set(HiveKind::kComponents, key, "appid", ::ww::hive::MakeBinary(AsBytes(text)));
    if (deployment.package->cat) {
      const auto thumbprint = ToHex(deployment.package->cat_digest);
      registry.Set(HiveKind::kComponents, key, "CatalogThumbprint", ::ww::hive::MakeSz(thumbprint));
      registry.Set(HiveKind::kComponents, fmt::format("{}\\{}", kCatalogsKey, thumbprint),
                   "c!" + deployment_key, ::ww::hive::MakeBinary({}));
    }
  }
  for (const auto& reference : deployment.references) {
    const auto digit = ElevateDigit(reference.elevate);
    const auto write = [&](char prefix, std::string_view extra) -> Status {
      WW_TRY(auto name, manifest::ReferenceValueName(prefix, reference.reference),
             "package reference");
      registry.Set(HiveKind::kComponents, key, std::move(name),
                   ::ww::hive::MakeBinary(manifest::ReferenceBlob(reference.reference, extra)));
      return {};
    };
    WW_RETURN_IF_ERROR(write('p', digit));
    // 5.2.2: the staged mark of a guarded update carries no digit, that of an unguarded one does.
    WW_RETURN_IF_ERROR(write('s', reference.elevate.empty() ? digit : std::string_view()));
    if (reference.state == kStateInstalled) WW_RETURN_IF_ERROR(write('i', digit));
  }
  return {};
}

// CF of a driver, which is a deployment and has files: 5.2 knows neither form of that, so it is
// like the version before.
Result<std::uint32_t> FlagsOfDriver(const PlannedComponent& component, VirtualState& state,
                                    const RegistryWriter& registry) {
  if (!component.predecessor) return kClosureComplete;
  const auto key = fmt::format("{}\\{}", kComponentsKey, component.predecessor->keyform);
  WW_TRY(const auto flags, PresentValue(registry, state.image(), HiveKind::kComponents, key, "CF"),
         key);
  return flags ? ::ww::hive::AsDword(*flags).value_or(0) & kClosureComplete : 0;
}

Status RegisterComponent(const PlannedComponent& component, bool record_digest, VirtualState& state,
                         RegistryWriter& registry) {
  const auto key = fmt::format("{}\\{}", kComponentsKey, manifest::Keyform(component.identity));
  for (const auto& deployment : component.deployments) {
    registry.Set(HiveKind::kComponents, key, "c!" + deployment, ::ww::hive::MakeBinary({}));
  }
  if (component.file == nullptr) return {};
  const auto& manifest = component.file->manifest;
  WW_TRY(const auto text, manifest::IdentityText(manifest.identity), manifest.identity.name);
  registry.Set(HiveKind::kComponents, key, "identity", ::ww::hive::MakeBinary(AsBytes(text)));
  if (record_digest) {
    registry.Set(HiveKind::kComponents, key, "S256H",
                 ::ww::hive::MakeBinary(component.file->digest));
  }
  bool mutable_file = false;
  for (const auto& file : manifest.files) {
    WW_TRY(auto name, manifest::FileValueName(file.name), component.file->keyform);
    registry.Set(HiveKind::kComponents, key, std::move(name), ::ww::hive::MakeDword(kStaged));
    mutable_file = mutable_file || !file.writeable_type.empty();
  }
  std::uint32_t flags = mutable_file ? kHasMutableFile : 0;
  if (IsDualModeDriver(manifest.identity)) {
    WW_TRY(const auto closure, FlagsOfDriver(component, state, registry), component.file->keyform);
    flags |= closure;
  } else if (manifest.is_deployment) {
    flags = kClosureComplete;
  }
  if (flags != 0) registry.Set(HiveKind::kComponents, key, "CF", ::ww::hive::MakeDword(flags));
  return {};
}

// 5.4: one value per installed version; the defaults name the highest.
Status RegisterWinner(const PlannedComponent& component, const VirtualState& state,
                      RegistryWriter& registry) {
  const auto& identity = component.identity;
  const auto key = fmt::format("{}\\{}", kWinnersKey, manifest::FamilyKey(identity));
  const auto branch_key = key + "\\" + identity.version.MajorMinor();
  const auto version = identity.version.ToString();
  WW_TRY(const auto winner, state.Winner(identity), "winner");
  WW_TRY(const auto branch, state.BranchWinner(identity), "winner");
  if (!winner || winner->MajorMinor() != identity.version.MajorMinor()) {
    if (!winner || *winner < identity.version) {
      registry.Set(HiveKind::kSoftware, key, "", ::ww::hive::MakeSz(identity.version.MajorMinor()));
    }
  }
  if (!branch || *branch < identity.version) {
    registry.Set(HiveKind::kSoftware, branch_key, "", ::ww::hive::MakeSz(version));
  }
  registry.Set(HiveKind::kSoftware, branch_key, version,
               ::ww::hive::MakeBinary(Bytes{std::byte{1}}));
  return {};
}

// Whether this image records S256H at all: followed, not assumed (9.1, Windows 7).
Result<bool> RecordsDigest(ImageState& image) {
  if (!image.HasHive(HiveKind::kComponents)) return true;
  WW_TRY(auto* hive, image.Hive(HiveKind::kComponents), "component keys");
  WW_TRY(const auto key, hive->FindPath(hive->root(), kComponentsKey), "component keys");
  if (!key) return true;
  constexpr int kSample = 32;
  int seen = 0;
  bool found = false;
  auto status = hive->ForEachSubkey(*key, [&](::ww::hive::KeyId id, std::string_view) -> Status {
    if (found || ++seen > kSample) return Fail(Code::kCancelled, "enough");
    WW_TRY(const auto value, hive->GetValue(id, "S256H"), "component key");
    found = value.has_value();
    return {};
  });
  if (!status && status.error().code != Code::kCancelled) return Fail(status.error());
  return found || seen == 0;
}

}  // namespace

std::string_view ElevateDigit(std::string_view elevate) {
  // Measured: revision is 2 (5.7); an update without a guard carries 8 (gowim, on another family).
  // Inferred from the order revision < serviceLevel < distribution < install and the doubling.
  struct Word {
    std::string_view word, digit;
  };
  constexpr std::array kWords{Word{"", "8"}, Word{"revision", "2"}, Word{"serviceLevel", "4"},
                              Word{"distribution", "8"}, Word{"install", "16"}};
  for (const auto& known : kWords) {
    if (EqualNoCaseAscii(known.word, elevate)) return known.digit;
  }
  return "8";
}

Status RegisterPackages(const Selection& selection, const PlanOptions& options, VirtualState& state,
                        RegistryWriter& registry) {
  for (const auto& package : selection.packages) {
    RegisterPackage(package, options, registry);
    WW_RETURN_IF_ERROR(FollowCapabilities(package, state.image(), registry));
    SupersedeOlder(package, state, registry);
    PackageRecord record;
    record.identity = package.file->manifest.identity;
    record.identity_string = manifest::PackageIdentityString(record.identity);
    record.state = package.state;
    record.install_time = options.now;
    record.visibility = Visibility(package);
    for (const auto& [name, recorded] : package.features) {
      record.features[ToLowerAscii(name)] = recorded;
    }
    state.SetPackage(std::move(record));
  }
  return {};
}

Status RegisterComponents(const Closure& closure, VirtualState& state, RegistryWriter& registry) {
  WW_TRY(const bool record_digest, RecordsDigest(state.image()), "component keys");
  for (const auto& deployment : closure.deployments)
    WW_RETURN_IF_ERROR(RegisterDeployment(deployment, registry));
  for (const auto& component : closure.components) {
    WW_RETURN_IF_ERROR(RegisterComponent(component, record_digest, state, registry));
    if (component.state == kStateInstalled)
      WW_RETURN_IF_ERROR(RegisterWinner(component, state, registry));
    if (component.file != nullptr) state.AddComponent(*component.file);
    if (component.state == kStateInstalled) state.SetWinner(component.identity);
  }
  return {};
}

}  // namespace ww::cbs
