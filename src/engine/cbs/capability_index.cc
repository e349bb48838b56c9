#include "capability_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "planned_value.h"
#include "registry_names.h"

namespace ww::cbs {
namespace {

bool HasCapability(const manifest::PackageManifest& package) {
  return !package.declared_capabilities.empty() ||
         std::any_of(package.updates.begin(), package.updates.end(),
                     [](const auto& update) { return !update.capabilities.empty(); });
}

}  // namespace

Status FollowCapabilities(const SelectedPackage& package, ImageState& image,
                          RegistryWriter& registry) {
  const auto& manifest = package.file->manifest;
  if (package.replaces.empty() || !HasCapability(manifest)) return {};
  const auto identity = manifest::PackageIdentityString(manifest.identity);
  const auto index = fmt::format("{}\\CapabilityIndex", kCbsKey);
  WW_TRY(auto* hive, image.Hive(HiveKind::kSoftware), "capabilities");
  WW_TRY(const auto root, hive->FindPath(hive->root(), index), "capabilities");
  bool listed = false;
  const auto follow = [&](::ww::hive::KeyId, std::string_view name) -> Status {
    const auto key = fmt::format("{}\\{}", index, name);
    WW_TRY(const auto value,
           PresentValue(registry, image, HiveKind::kSoftware, key, package.replaces), name);
    if (!value) return {};
    listed = true;
    registry.Set(HiveKind::kSoftware, key, identity, *value);
    return {};
  };
  if (root) WW_RETURN_IF_ERROR(hive->ForEachSubkey(*root, follow));
  if (listed || package.state != kStateInstalled) return {};
  return Fail(Code::kUnsupported,
              fmt::format("{} has a capability, but the image lists {} under none, so that how to "
                          "list the new version is not known",
                          identity, package.replaces));
}

}  // namespace ww::cbs
