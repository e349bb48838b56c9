#include "wimwright/cbs/hive_kind.h"

#include <fmt/format.h>

#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

struct Hive {
  std::string_view name, path;
};

constexpr std::array<Hive, kHiveKinds> kHives{{
    {"SOFTWARE", R"(\Windows\System32\config\SOFTWARE)"},
    {"SYSTEM", R"(\Windows\System32\config\SYSTEM)"},
    {"COMPONENTS", R"(\Windows\System32\config\COMPONENTS)"},
    {"DRIVERS", R"(\Windows\System32\config\DRIVERS)"},
    {"DEFAULT", R"(\Windows\System32\config\DEFAULT)"},
    {"SAM", R"(\Windows\System32\config\SAM)"},
    {"SECURITY", R"(\Windows\System32\config\SECURITY)"},
    {"NTUSER.DAT", R"(\Users\Default\NTUSER.DAT)"},
    {"SCHEMA.DAT", R"(\Windows\System32\SMI\Store\Machine\SCHEMA.DAT)"},
}};

// What `path` has below `prefix` (case ignored), or nothing when it is not below it. "" for the
// prefix itself.
std::optional<std::string_view> Below(std::string_view path, std::string_view prefix) {
  if (path.size() < prefix.size() || !EqualNoCaseAscii(path.substr(0, prefix.size()), prefix)) {
    return std::nullopt;
  }
  auto rest = path.substr(prefix.size());
  if (rest.empty()) return rest;
  if (rest.front() != '\\') return std::nullopt;
  return rest.substr(1);
}

bool IsBelowAny(std::string_view path, std::span<const std::string_view> prefixes) {
  for (const auto prefix : prefixes) {
    if (Below(path, prefix)) return true;
  }
  return false;
}

// Keys of HKLM\SOFTWARE that both views share, and their parts that are redirected all the same
// (the documented list of the registry redirector, Windows 7 and later).
constexpr std::array<std::string_view, 37> kShared{
    "Classes",
    "Clients",
    "Microsoft\\COM3",
    "Microsoft\\Cryptography\\Calais\\Current",
    "Microsoft\\Cryptography\\Calais\\Readers",
    "Microsoft\\Cryptography\\Services",
    "Microsoft\\CTF\\SystemShared",
    "Microsoft\\CTF\\TIP",
    "Microsoft\\DFS",
    "Microsoft\\Driver Signing",
    "Microsoft\\EnterpriseCertificates",
    "Microsoft\\EventSystem",
    "Microsoft\\MSMQ",
    "Microsoft\\Non-Driver Signing",
    "Microsoft\\Notepad\\DefaultFonts",
    "Microsoft\\OLE",
    "Microsoft\\RAS",
    "Microsoft\\RPC",
    "Microsoft\\Shared Tools\\MSInfo",
    "Microsoft\\SystemCertificates",
    "Microsoft\\TermServLicensing",
    "Microsoft\\Transaction Server",
    "Microsoft\\Windows\\CurrentVersion\\App Paths",
    "Microsoft\\Windows\\CurrentVersion\\Control Panel\\Cursors\\Schemes",
    "Microsoft\\Windows\\CurrentVersion\\Explorer\\AutoplayHandlers",
    "Microsoft\\Windows\\CurrentVersion\\Explorer\\DriveIcons",
    "Microsoft\\Windows\\CurrentVersion\\Explorer\\KindMap",
    "Microsoft\\Windows\\CurrentVersion\\Group Policy",
    "Microsoft\\Windows\\CurrentVersion\\Policies",
    "Microsoft\\Windows\\CurrentVersion\\PreviewHandlers",
    "Microsoft\\Windows\\CurrentVersion\\Setup",
    "Microsoft\\Windows\\CurrentVersion\\Telephony\\Locations",
    "Microsoft\\Windows NT\\CurrentVersion\\Console",
    "Microsoft\\Windows NT\\CurrentVersion\\Fonts",
    "Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options",
    "Microsoft\\Windows NT\\CurrentVersion\\ProfileList",
    "Policies"};
constexpr std::array<std::string_view, 11> kSharedWindowsNt{
    "FontDPI",      "FontLink", "FontMapper", "FontSubstitutes", "Gre_Initialize", "LanguagePack",
    "NetworkCards", "Perflib",  "Ports",      "Print",           "Time Zones"};
constexpr std::array<std::string_view, 6> kRedirectedClasses{
    "Classes\\CLSID",      "Classes\\DirectShow",      "Classes\\Interface",
    "Classes\\Media Type", "Classes\\MediaFoundation", "Classes\\Wow6432Node"};

std::string RedirectSoftware(std::string_view key) {
  if (const auto below = Below(key, "Classes"); below && IsBelowAny(key, kRedirectedClasses)) {
    if (Below(key, "Classes\\Wow6432Node")) return std::string(key);
    return fmt::format("Classes\\WOW6432Node\\{}", *below);
  }
  if (Below(key, "Wow6432Node") || IsBelowAny(key, kShared)) return std::string(key);
  if (const auto nt = Below(key, "Microsoft\\Windows NT\\CurrentVersion");
      nt && IsBelowAny(*nt, kSharedWindowsNt)) {
    return std::string(key);
  }
  return key.empty() ? "WOW6432Node" : fmt::format("WOW6432Node\\{}", key);
}

}  // namespace

std::string_view HiveName(HiveKind kind) { return kHives[static_cast<std::size_t>(kind)].name; }
std::string_view HiveImagePath(HiveKind kind) {
  return kHives[static_cast<std::size_t>(kind)].path;
}

Result<RegistryPath> ResolveKeyName(std::string_view key_name, std::string_view control_set,
                                    bool redirect) {
  while (!key_name.empty() && key_name.back() == '\\') key_name.remove_suffix(1);
  const auto software = [redirect](std::string_view key) {
    return RegistryPath{HiveKind::kSoftware, redirect ? RedirectSoftware(key) : std::string(key)};
  };
  for (const std::string_view root : {"HKEY_LOCAL_MACHINE", "HKLM"}) {
    const auto path = Below(key_name, root);
    if (!path) continue;
    if (const auto key = Below(*path, "SOFTWARE")) return software(*key);
    if (const auto key = Below(*path, "SYSTEM")) {
      if (const auto rest = Below(*key, "CurrentControlSet")) {
        return RegistryPath{HiveKind::kSystem, rest->empty()
                                                   ? std::string(control_set)
                                                   : fmt::format("{}\\{}", control_set, *rest)};
      }
      return RegistryPath{HiveKind::kSystem, std::string(*key)};
    }
    if (const auto key = Below(*path, "COMPONENTS")) {
      return RegistryPath{HiveKind::kComponents, std::string(*key)};
    }
    if (const auto key = Below(*path, "DRIVERS")) {
      return RegistryPath{HiveKind::kDrivers, std::string(*key)};
    }
    if (const auto key = Below(*path, "SAM"))
      return RegistryPath{HiveKind::kSam, std::string(*key)};
    if (const auto key = Below(*path, "SECURITY")) {
      return RegistryPath{HiveKind::kSecurity, std::string(*key)};
    }
  }
  for (const std::string_view root : {"HKEY_CLASSES_ROOT", "HKCR"}) {
    if (const auto key = Below(key_name, root)) {
      return software(key->empty() ? "Classes" : fmt::format("Classes\\{}", *key));
    }
  }
  if (const auto key = Below(key_name, "HKEY_USERS\\.Default")) {
    return RegistryPath{HiveKind::kDefault, std::string(*key)};
  }
  for (const std::string_view root : {"HKEY_CURRENT_USER", "HKCU"}) {
    if (const auto key = Below(key_name, root)) {
      return RegistryPath{HiveKind::kDefaultUser, std::string(*key)};
    }
  }
  return Fail(Code::kUnsupported, fmt::format("registry root of \"{}\" is not known", key_name));
}

}  // namespace ww::cbs
