// Drivers of Windows 10 and later. Their components declare their place in the driver store and
// their entries of the DriverDatabase themselves and are installed like any other, with what is
// here on top (windows-servicing.md 6.7).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry_writer.h"
#include "virtual_state.h"
#include "wimwright/manifest/component.h"

namespace ww::cbs {

// type="dualModeDriver".
bool IsDualModeDriver(const manifest::AssemblyIdentity& component);
// type="driverUpdate", of Windows 7 to 8.1: only Windows can stage their INF.
bool IsInfDriver(const manifest::AssemblyIdentity& component);

// Whether the manifest has the entries that are made from an INF otherwise.
bool DeclaresDriverDatabase(const manifest::ComponentManifest& driver);

// What is to be known of the older version of a driver.
struct DriverHistory {
  struct Value {
    std::string key, name;  // the key from the root of the hive
  };
  // Entries of the DriverDatabase that the newer version does not have: packages of the driver
  // store as a whole ("DriverDatabase\DriverPackages\x.inf_amd64_<hash>"), and single values.
  std::vector<std::string> packages;
  std::vector<Value> values;
  std::optional<Value> witness;  // a value of its package: tells in which hive the database is
  // `Start` of services as it was declared, by their keys ("ControlSet001\Services\x", folded).
  std::map<std::string, ::ww::hive::Value> starts;
};

Result<DriverHistory> HistoryOfDriver(const manifest::ComponentManifest& before,
                                      const manifest::ComponentManifest& now,
                                      std::string_view control_set);

// Services that `before` declared and `now` no longer does: nobody here can remove a service.
std::vector<std::string> ServicesGone(const manifest::ComponentManifest& before,
                                      const manifest::ComponentManifest& now);

// Writes the registry of one driver that becomes the winner of its family.
class DriverRegistry {
 public:
  // `history`: null when no version of the driver is installed. kUnsupported when the image does
  // not tell where its DriverDatabase is.
  static Result<DriverRegistry> Open(const manifest::ComponentManifest& driver,
                                     const DriverHistory* history, VirtualState& state,
                                     RegistryWriter& registry);

  // Where a key is that manifests call HKEY_LOCAL_MACHINE\SYSTEM\DriverDatabase\...: in SYSTEM, or
  // in DRIVERS. Other keys stay where they are.
  RegistryPath Resolve(RegistryPath path) const;
  // Like RegistryWriter::Set(), but other owners of a shared file or service stay, and so does a
  // start type that somebody has changed.
  Status Set(const RegistryPath& path, std::string_view name, ::ww::hive::Value value);
  void RemoveLeftovers();

 private:
  DriverRegistry(const DriverHistory* history, VirtualState& state, RegistryWriter& registry)
      : history_(history), state_(&state), registry_(&registry) {}
  Status Locate(const manifest::ComponentManifest& driver);
  Result<std::optional<::ww::hive::Value>> Present(HiveKind hive, const std::string& key,
                                                   std::string_view name) const;

  const DriverHistory* history_;
  VirtualState* state_;
  RegistryWriter* registry_;
  HiveKind database_ = HiveKind::kSystem;
};

}  // namespace ww::cbs
