#include "driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "planned_value.h"
#include "wimwright/base/text.h"
#include "wimwright/manifest/registry_value.h"

namespace ww::cbs {
namespace {

constexpr std::string_view kControlSet = "CurrentControlSet";
constexpr std::string_view kDatabase = "DriverDatabase\\";
constexpr std::string_view kPackages = "DriverDatabase\\DriverPackages\\";

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.size() > prefix.size() && EqualNoCaseAscii(text.substr(0, prefix.size()), prefix);
}

// `key` up to the end of the part that follows `prefix`; "" when it is not below it.
std::string_view UpToPart(std::string_view key, std::string_view prefix) {
  if (!StartsWith(key, prefix)) return {};
  return key.substr(0, key.find('\\', prefix.size()));
}

std::optional<std::string> SystemKey(const manifest::RegistryKey& key,
                                     std::string_view control_set) {
  const auto path = ResolveKeyName(key.key_name, control_set, false);
  if (!path || path->hive != HiveKind::kSystem) return std::nullopt;
  return path->key;
}

std::string Slot(std::string_view key, std::string_view name) {
  return FoldCase(key) + '\0' + FoldCase(name);
}

struct Declared {
  std::set<std::string> values;    // of the DriverDatabase, by Slot()
  std::set<std::string> packages;  // folded keys
};

Declared Declare(const manifest::ComponentManifest& driver, std::string_view control_set) {
  Declared out;
  for (const auto& entry : driver.registry_keys) {
    const auto key = SystemKey(entry, control_set);
    if (!key || !StartsWith(*key, kDatabase)) continue;
    if (const auto package = UpToPart(*key, kPackages); !package.empty()) {
      out.packages.insert(FoldCase(package));
    }
    for (const auto& value : entry.values) out.values.insert(Slot(*key, value.name));
  }
  return out;
}

std::set<std::string> ServiceKeys(const manifest::ComponentManifest& driver) {
  std::set<std::string> out;
  for (const auto& entry : driver.registry_keys) {
    const auto key = SystemKey(entry, kControlSet);
    if (!key) continue;
    const auto prefix = fmt::format("{}\\Services\\", kControlSet);
    const auto service = UpToPart(*key, prefix);
    // The event log's sources are keys of its service.
    if (service.empty() || EqualNoCaseAscii(service.substr(prefix.size()), "EventLog")) continue;
    out.insert(FoldCase(service.substr(prefix.size())));
  }
  return out;
}

}  // namespace

bool IsDualModeDriver(const manifest::AssemblyIdentity& component) {
  return EqualNoCaseAscii(component.type, "dualModeDriver");
}

bool IsInfDriver(const manifest::AssemblyIdentity& component) {
  return EqualNoCaseAscii(component.type, "driverUpdate");
}

bool DeclaresDriverDatabase(const manifest::ComponentManifest& driver) {
  const auto& keys = driver.registry_keys;
  return std::any_of(keys.begin(), keys.end(), [](const auto& entry) {
    const auto key = SystemKey(entry, kControlSet);
    return key && StartsWith(*key, kDatabase);
  });
}

Result<DriverHistory> HistoryOfDriver(const manifest::ComponentManifest& before,
                                      const manifest::ComponentManifest& now,
                                      std::string_view control_set) {
  DriverHistory out;
  const auto declared = Declare(now, control_set);
  std::set<std::string> gone;
  for (const auto& entry : before.registry_keys) {
    const auto key = SystemKey(entry, control_set);
    if (!key) continue;
    if (!StartsWith(*key, kDatabase)) {
      for (const auto& value : entry.values) {
        if (!EqualNoCaseAscii(value.name, "Start")) continue;
        WW_TRY(auto data, manifest::EncodeRegistryValue(value.value_type, value.value), *key);
        out.starts[FoldCase(*key)] = {data.type, std::move(data.data)};
      }
      continue;
    }
    const auto package = UpToPart(*key, kPackages);
    if (!entry.values.empty() && (!out.witness || !StartsWith(out.witness->key, kPackages))) {
      out.witness = DriverHistory::Value{*key, entry.values.front().name};
    }
    if (!package.empty() && !declared.packages.contains(FoldCase(package))) {
      if (gone.insert(FoldCase(package)).second) out.packages.emplace_back(package);
      continue;
    }
    for (const auto& value : entry.values) {
      if (!declared.values.contains(Slot(*key, value.name))) {
        out.values.push_back({*key, value.name});
      }
    }
  }
  return out;
}

std::vector<std::string> ServicesGone(const manifest::ComponentManifest& before,
                                      const manifest::ComponentManifest& now) {
  const auto had = ServiceKeys(before);
  const auto has = ServiceKeys(now);
  std::vector<std::string> out;
  std::set_difference(had.begin(), had.end(), has.begin(), has.end(), std::back_inserter(out));
  return out;
}

Result<DriverRegistry> DriverRegistry::Open(const manifest::ComponentManifest& driver,
                                            const DriverHistory* history, VirtualState& state,
                                            RegistryWriter& registry) {
  DriverRegistry out(history, state, registry);
  WW_RETURN_IF_ERROR(out.Locate(driver));
  return out;
}

Result<std::optional<::ww::hive::Value>> DriverRegistry::Present(HiveKind hive,
                                                                 const std::string& key,
                                                                 std::string_view name) const {
  return PresentValue(*registry_, state_->image(), hive, key, name);
}

// The manifests say SYSTEM; where Windows keeps its own drivers differs, so the image is asked: for
// the entries of the driver's older version, else for those of any driver.
Status DriverRegistry::Locate(const manifest::ComponentManifest& driver) {
  if (!DeclaresDriverDatabase(driver)) return {};
  const bool known = history_ != nullptr && history_->witness.has_value();
  for (const auto hive : std::array{HiveKind::kSystem, HiveKind::kDrivers}) {
    database_ = hive;
    if (known) {
      WW_TRY(const auto value, Present(hive, history_->witness->key, history_->witness->name),
             "DriverDatabase");
      if (value) return {};
      continue;
    }
    if (!state_->image().HasHive(hive)) continue;
    WW_TRY(auto* opened, state_->image().Hive(hive), "DriverDatabase");
    WW_TRY(const auto id,
           opened->FindPath(opened->root(), kPackages.substr(0, kPackages.size() - 1)),
           "DriverDatabase");
    if (!id) continue;
    WW_TRY(const auto info, opened->Info(*id), "DriverDatabase");
    if (info.subkeys != 0) return {};
  }
  return Fail(Code::kUnsupported,
              known ? fmt::format("{}: the installed version is not registered in the image's "
                                  "DriverDatabase, {} is missing",
                                  driver.identity.name, history_->witness->key)
                    : fmt::format("{}: the image has no DriverDatabase with drivers",
                                  driver.identity.name));
}

RegistryPath DriverRegistry::Resolve(RegistryPath path) const {
  if (path.hive == HiveKind::kSystem && StartsWith(path.key, kDatabase)) path.hive = database_;
  return path;
}

Status DriverRegistry::Set(const RegistryPath& path, std::string_view name,
                           ::ww::hive::Value value) {
  if (EqualNoCaseAscii(name, "Owners") && value.type == ::ww::hive::kRegMultiSz) {
    WW_TRY(const auto present, Present(path.hive, path.key, name), path.key);
    auto owners = present ? ::ww::hive::AsMultiSz(*present).value_or(std::vector<std::string>())
                          : std::vector<std::string>();
    for (auto& owner : ::ww::hive::AsMultiSz(value).value_or(std::vector<std::string>())) {
      const bool there = std::any_of(owners.begin(), owners.end(),
                                     [&](const auto& one) { return EqualNoCase(one, owner); });
      if (!there) owners.push_back(std::move(owner));
    }
    value = ::ww::hive::MakeMultiSz(owners);
  }
  if (history_ != nullptr && EqualNoCaseAscii(name, "Start")) {
    if (const auto before = history_->starts.find(FoldCase(path.key));
        before != history_->starts.end()) {
      WW_TRY(const auto present, Present(path.hive, path.key, name), path.key);
      if (present && !(*present == before->second)) return {};
    }
  }
  registry_->Set(path.hive, path.key, name, value);
  return {};
}

void DriverRegistry::RemoveLeftovers() {
  if (history_ == nullptr) return;
  for (const auto& package : history_->packages) registry_->DeleteKey(database_, package);
  for (const auto& value : history_->values) {
    registry_->DeleteValue(database_, value.key, value.name);
  }
}

}  // namespace ww::cbs
