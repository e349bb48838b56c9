// The registry hives of an offline Windows image, where they live, and how registry paths reach
// them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "wimwright/base/result.h"

namespace ww::cbs {

// Source: windows-servicing.md 0 (paths), 3.3 (roots).
enum class HiveKind : std::uint8_t {
  kSoftware,
  kSystem,
  kComponents,
  kDrivers,
  kDefault,
  kSam,
  kSecurity,
  kDefaultUser,
  kSchema
};
inline constexpr std::size_t kHiveKinds = 9;
inline constexpr std::array<HiveKind, kHiveKinds> kAllHives{
    HiveKind::kSoftware, HiveKind::kSystem,      HiveKind::kComponents,
    HiveKind::kDrivers,  HiveKind::kDefault,     HiveKind::kSam,
    HiveKind::kSecurity, HiveKind::kDefaultUser, HiveKind::kSchema};

std::string_view HiveName(HiveKind kind);       // "SOFTWARE", "NTUSER.DAT"
std::string_view HiveImagePath(HiveKind kind);  // "\Windows\System32\config\SOFTWARE"

struct RegistryPath {
  HiveKind hive;
  std::string key;  // relative to the hive's root, no leading or trailing backslash
};

// Resolves a manifest's keyName ("HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\x").
// `control_set` replaces CurrentControlSet ("ControlSet001"). `redirect` applies the WOW64 registry
// redirector (x86 and wow64 components of a 64-bit image). A root that is not known is
// kUnsupported.
Result<RegistryPath> ResolveKeyName(std::string_view key_name, std::string_view control_set,
                                    bool redirect);

}  // namespace ww::cbs
