#include "services.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "effects.h"
#include "planned_value.h"
#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

struct Word {
  std::string_view word;
  std::uint32_t number;
};

Result<std::uint32_t> Lookup(std::string_view what, std::string_view word,
                             std::initializer_list<Word> words) {
  for (const auto& known : words) {
    if (EqualNoCaseAscii(known.word, word)) return known.number;
  }
  return Fail(Code::kUnsupported, fmt::format("service {} \"{}\" is not known", what, word));
}

Result<std::uint32_t> ParseNumber(std::string_view what, std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Fail(Code::kUnsupported, fmt::format("service {} \"{}\" is not a number", what, text));
  }
  return number;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto item = Trim(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return items;
}

// SERVICE_FAILURE_ACTIONS as the service control manager stores it: five numbers, then (type,
// delay) pairs.
Result<Bytes> FailureActionsBlob(const manifest::FailureActions& failure) {
  constexpr std::uint32_t kHeaderSize = 20;
  std::uint32_t reset_period = 0;
  for (const auto& [name, value] : failure.attributes) {
    if (!EqualNoCaseAscii(name, "resetPeriod")) {
      return Fail(Code::kUnsupported,
                  fmt::format("failureActions attribute \"{}\" is not known", name));
    }
    WW_TRY(reset_period, ParseNumber("resetPeriod", value), "failureActions");
  }
  Bytes blob;
  AppendLe(blob, reset_period);
  AppendLe(blob, std::uint32_t{0});  // reboot message
  AppendLe(blob, std::uint32_t{0});  // command
  AppendLe(blob, static_cast<std::uint32_t>(failure.actions.size()));
  AppendLe(blob, kHeaderSize);
  for (const auto& action : failure.actions) {
    WW_TRY(const auto type,
           Lookup("failure action", action.type,
                  {{"none", 0},
                   {"restartService", 1},
                   {"restart", 1},
                   {"reboot", 2},
                   {"rebootMachine", 2},
                   {"runCommand", 3}}),
           "failureActions");
    std::uint32_t delay = 0;
    if (!action.delay.empty()) {
      WW_TRY(delay, ParseNumber("delay", action.delay), "failureActions");
    }
    AppendLe(blob, type);
    AppendLe(blob, delay);
  }
  return blob;
}

// "{57164F39-9115-4E78-AB55-382F3BD5422D}" as the 16 bytes of a GUID.
std::optional<Bytes> GuidBytes(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != '{' && c != '}' && c != '-') digits += c;
  }
  auto raw = FromHex(digits);
  if (!raw || raw->size() != 16) return std::nullopt;
  std::reverse(raw->begin(), raw->begin() + 4);
  std::reverse(raw->begin() + 4, raw->begin() + 6);
  std::reverse(raw->begin() + 6, raw->begin() + 8);
  return raw;
}

Status WriteTriggers(const manifest::Service& service, const std::string& key,
                     RegistryWriter& registry) {
  for (std::size_t i = 0; i < service.triggers.size(); ++i) {
    const auto& trigger = service.triggers[i];
    if (!trigger.data.empty()) {
      return Fail(Code::kUnsupported,
                  fmt::format("the trigger data of service {} has no known form", service.name));
    }
    WW_TRY(const auto type,
           Lookup("trigger type", trigger.type,
                  {{"DeviceInterfaceArrival", 1},
                   {"IPAddressAvailability", 2},
                   {"DomainJoin", 3},
                   {"FirewallPortEvent", 4},
                   {"GroupPolicy", 5},
                   {"NetworkEndpointEvent", 6},
                   {"Custom", 20}}),
           service.name);
    WW_TRY(const auto action, Lookup("trigger action", trigger.action, {{"start", 1}, {"stop", 2}}),
           service.name);
    auto subtype = GuidBytes(trigger.subtype);
    if (!subtype) {
      if (EqualNoCaseAscii(trigger.subtype, "RPC_INTERFACE_EVENT")) {
        subtype = GuidBytes("{bc90d167-9470-4139-a9ba-be0bbbf5b74d}");
      } else if (EqualNoCaseAscii(trigger.subtype, "NAMED_PIPE_EVENT")) {
        subtype = GuidBytes("{1f81d131-3fac-4537-9e0c-7e7b0c2f4b55}");
      } else {
        return Fail(Code::kUnsupported,
                    fmt::format("service trigger subtype \"{}\" is not known", trigger.subtype));
      }
    }
    const auto trigger_key = fmt::format("{}\\TriggerInfo\\{}", key, i);
    registry.Set(HiveKind::kSystem, trigger_key, "Type", ::ww::hive::MakeDword(type));
    registry.Set(HiveKind::kSystem, trigger_key, "Action", ::ww::hive::MakeDword(action));
    registry.Set(HiveKind::kSystem, trigger_key, "GUID", ::ww::hive::MakeBinary(*subtype));
  }
  return {};
}

Status WriteService(const manifest::Service& service, const manifest::Service* before,
                    VirtualState& state, RegistryWriter& registry) {
  const auto key = fmt::format("{}\\Services\\{}", state.image().control_set(), service.name);
  WW_TRY(auto* hive, state.image().Hive(HiveKind::kSystem), "services");
  WW_TRY(const auto existing, hive->FindPath(hive->root(), key), service.name);
  if (existing && before != nullptr && ServiceText(*before) == ServiceText(service)) return {};

  const auto set = [&](std::string_view name, ::ww::hive::Value value) {
    registry.Set(HiveKind::kSystem, key, std::string(name), std::move(value));
  };
  const auto text = [&](std::string_view name, const std::optional<std::string>& value,
                        bool expand) {
    if (value) set(name, expand ? ::ww::hive::MakeExpandSz(*value) : ::ww::hive::MakeSz(*value));
  };
  const auto list = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value) set(name, ::ww::hive::MakeMultiSz(SplitList(*value)));
  };
  if (service.type) {
    WW_TRY(const auto type,
           Lookup("type", *service.type,
                  {{"kernelDriver", 1},
                   {"fileSystemDriver", 2},
                   {"win32OwnProcess", 0x10},
                   {"win32ShareProcess", 0x20},
                   {"win32UserOwnProcess", 0x50},
                   {"win32UserShareProcess", 0x60}}),
           service.name);
    set("Type", ::ww::hive::MakeDword(type));
  }
  if (service.start) {
    WW_TRY(const auto start,
           Lookup("start", *service.start,
                  {{"boot", 0}, {"system", 1}, {"auto", 2}, {"demand", 3}, {"disabled", 4}}),
           service.name);
    // Start belongs to the administrator once the service exists (3.4).
    if (existing) {
      registry.SetIfMissing(HiveKind::kSystem, key, "Start", ::ww::hive::MakeDword(start));
    } else {
      set("Start", ::ww::hive::MakeDword(start));
    }
  }
  if (service.error_control) {
    WW_TRY(const auto control,
           Lookup("errorControl", *service.error_control,
                  {{"ignore", 0}, {"normal", 1}, {"severe", 2}, {"critical", 3}}),
           service.name);
    set("ErrorControl", ::ww::hive::MakeDword(control));
  }
  text("ImagePath", service.image_path, true);
  text("DisplayName", service.display_name, false);
  text("Description", service.description, false);
  text("ObjectName", service.object_name, false);
  text("Group", service.group, false);
  if (service.tag) {
    WW_TRY(const auto tag, ParseNumber("tag", *service.tag), service.name);
    set("Tag", ::ww::hive::MakeDword(tag));
  }
  list("DependOnService", service.depend_on_service);
  list("DependOnGroup", service.depend_on_group);
  list("RequiredPrivileges", service.required_privileges);
  if (service.sid_type) {
    WW_TRY(
        const auto sid,
        Lookup("sidType", *service.sid_type, {{"none", 0}, {"unrestricted", 1}, {"restricted", 3}}),
        service.name);
    set("ServiceSidType", ::ww::hive::MakeDword(sid));
  }
  if (service.launch_protected) {
    WW_TRY(const auto level, ParseNumber("launchProtected", *service.launch_protected),
           service.name);
    set("LaunchProtected", ::ww::hive::MakeDword(level));
  }
  if (service.failure_actions) {
    WW_TRY(const auto blob, FailureActionsBlob(*service.failure_actions), service.name);
    set("FailureActions", ::ww::hive::MakeBinary(blob));
  }
  return WriteTriggers(service, key, registry);
}

Status JoinSvcHostGroups(const manifest::ComponentManifest& manifest, VirtualState& state,
                         RegistryWriter& registry) {
  const std::string key = R"(Microsoft\Windows NT\CurrentVersion\Svchost)";
  for (const auto& group : manifest.svchost_groups) {
    WW_TRY(const auto current,
           PresentValue(registry, state.image(), HiveKind::kSoftware, key, group.group),
           "SvcHost groups");
    auto members = current ? ::ww::hive::AsMultiSz(*current).value_or(std::vector<std::string>())
                           : std::vector<std::string>();
    bool changed = false;
    for (const auto& service : group.services) {
      const bool there = std::any_of(members.begin(), members.end(), [&](const std::string& name) {
        return EqualNoCase(name, service.name);
      });
      if (there) continue;
      members.insert(EqualNoCaseAscii(service.position, "first") ? members.begin() : members.end(),
                     service.name);
      changed = true;
    }
    if (changed)
      registry.Set(HiveKind::kSoftware, key, group.group, ::ww::hive::MakeMultiSz(members));
  }
  return {};
}

}  // namespace

Status WriteServices(const PlannedComponent& component, VirtualState& state,
                     RegistryWriter& registry) {
  for (const auto& service : component.manifest->services) {
    if (service.name.empty() || service.name.find_first_of("\\/") != std::string::npos) {
      return Fail(Code::kCorrupt, fmt::format("service name \"{}\" is not valid", service.name));
    }
    const manifest::Service* before = nullptr;
    if (component.predecessor) {
      for (const auto& old : component.predecessor->services) {
        if (EqualNoCase(old.name, service.name)) before = &old;
      }
    }
    WW_RETURN_IF_ERROR(WriteService(service, before, state, registry));
  }
  return JoinSvcHostGroups(*component.manifest, state, registry);
}

}  // namespace ww::cbs
