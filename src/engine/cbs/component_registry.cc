#include "component_registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "driver.h"
#include "wimwright/base/text.h"
#include "wimwright/manifest/registry_value.h"
#include "wimwright/manifest/security.h"
#include "wimwright/manifest/variables.h"

namespace ww::cbs {
namespace {

// In the place of SDDL, in manifests of Windows 11: as the directory or key above has it.
constexpr std::string_view kInherit = "(inherit)";

bool IsOverridable(const manifest::RegistryKey& key, const manifest::RegistryValueEntry& value) {
  return std::any_of(key.overridables.begin(), key.overridables.end(),
                     [&](const manifest::Overridable& o) {
                       return o.name == "*" || EqualNoCase(o.name, value.name);
                     });
}

}  // namespace

Result<Bytes> NamedSecurityDescriptor(const manifest::ComponentManifest& manifest,
                                      std::string_view name) {
  if (name.empty()) return Bytes();
  const auto* definition = manifest.FindSecurityDescriptor(name);
  // Names that start with # are the system's own (#MutableFileDefaultSecurityDescriptor): inherit.
  if (definition == nullptr && name.front() == '#') return Bytes();
  if (definition == nullptr) {
    return Fail(Code::kUnsupported,
                fmt::format("{} names the security descriptor \"{}\", which it does not define",
                            manifest.identity.name, name));
  }
  if (definition->sddl == kInherit) return Bytes();
  return manifest::SddlToSecurityDescriptor(definition->sddl);
}

Status WriteComponentRegistry(const PlannedComponent& component, VirtualState& state,
                              RegistryWriter& registry) {
  const auto& manifest = *component.manifest;
  if (manifest.registry_keys.empty()) return {};
  std::optional<DriverRegistry> driver;
  if (IsDualModeDriver(manifest.identity)) {
    const auto* history = component.predecessor ? component.predecessor->driver.get() : nullptr;
    WW_TRY(driver, DriverRegistry::Open(manifest, history, state, registry),
           manifest.identity.name);
    driver->RemoveLeftovers();
  }
  WW_TRY(const auto variables,
         manifest::Variables::For(manifest.identity.architecture, state.image().architecture()),
         manifest.identity.name);
  for (const auto& key : manifest.registry_keys) {
    WW_TRY(const auto expanded, variables.ExpandText(key.key_name), manifest.identity.name);
    WW_TRY(auto path, ResolveKeyName(expanded, state.image().control_set(), variables.redirected()),
           manifest.identity.name);
    if (driver) path = driver->Resolve(std::move(path));
    WW_TRY(auto security, NamedSecurityDescriptor(manifest, key.security_descriptor), key.key_name);
    registry.CreateKey(path.hive, path.key, std::move(security));
    for (const auto& value : key.values) {
      WW_TRY(const auto text, variables.ExpandText(value.value), key.key_name);
      WW_TRY(auto data, manifest::EncodeRegistryValue(value.value_type, text), key.key_name);
      ::ww::hive::Value encoded{data.type, std::move(data.data)};
      if (value.is_mutable || IsOverridable(key, value)) {
        registry.SetIfMissing(path.hive, path.key, value.name, std::move(encoded));
      } else if (driver) {
        WW_RETURN_IF_ERROR(driver->Set(path, value.name, std::move(encoded)));
      } else {
        registry.Set(path.hive, path.key, value.name, std::move(encoded));
      }
    }
  }
  return {};
}

}  // namespace ww::cbs
