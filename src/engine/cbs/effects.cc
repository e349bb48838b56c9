#include "effects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "driver.h"
#include "wimwright/base/text.h"
#include "wimwright/cbs/update_content.h"

namespace ww::cbs {
namespace {

// Parts that only the manifest carries: nothing is run for them when a component is installed
// (windows-servicing.md 3.1, "copied with the manifest only").
constexpr std::array<std::string_view, 4> kManifestOnly{"imaging", "sysprepInformation",
                                                        "unattendActions", "deconstructionTool"};
// Categories that mark files for other tools; the worked example of 5.7 leaves them alone.
constexpr std::array<std::string_view, 6> kPassiveCategories{"Service",
                                                             "SvcHost",
                                                             "BootCritical",
                                                             "BootRecovery",
                                                             "ServicingStackComponent",
                                                             "SingleInstanceFiles"};

template <typename C>
bool Contains(const C& list, std::string_view word) {
  return std::any_of(list.begin(), list.end(),
                     [word](std::string_view item) { return EqualNoCaseAscii(item, word); });
}

// SMI configuration that declares no setting does nothing (the genuine hotfixes carry such empty
// schemas).
bool DeclaresNothing(const manifest::Effect& effect) {
  if (effect.kind != "configuration") return false;
  for (const std::string_view part :
       {"<element", "<attribute", "<settings", "<metadata", "<component"}) {
    if (effect.canonical.find(part) != std::string::npos) return false;
  }
  return true;
}

using EffectSet = std::map<std::string, std::multiset<std::string>>;  // kind -> canonical texts

EffectSet Collect(const manifest::ComponentManifest& component) {
  EffectSet set;
  const bool driver = IsDualModeDriver(component.identity) && DeclaresDriverDatabase(component);
  for (const auto& effect : component.effects) {
    if (Contains(kManifestOnly, effect.kind) || DeclaresNothing(effect)) continue;
    if (driver && effect.kind == "infFile") continue;  // what it would do is declared
    set[effect.kind].insert(effect.canonical);
  }
  for (const auto& membership : component.memberships) {
    if (Contains(kPassiveCategories, membership.type_name)) continue;
    auto text = membership.id.name;
    for (const auto& instance : membership.subcategories) text += "|" + instance;
    set["membership:" + membership.type_name].insert(text);
  }
  for (const auto& key : component.registry_keys) {
    for (const auto& value : key.values) {
      const auto& hint = value.operation_hint;
      if (hint.empty() || EqualNoCaseAscii(hint, "replace")) continue;
      set["registryValue:" + hint].insert(key.key_name + "|" + value.name + "|" + value.value);
    }
  }
  return set;
}

std::string Why(std::string_view kind) {
  if (kind == "taskScheduler")
    return "the registration of a scheduled task has a form that is not public";
  if (kind == "sppInstaller") return "software licensing data is installed by Windows itself";
  if (kind == "configuration")
    return "SMI settings are compiled into the settings store by Windows itself";
  if (kind == "mof") return "WMI classes are compiled by Windows itself";
  if (kind == "infFile") return "the INF is installed by Windows itself";
  if (kind.starts_with(manifest::kUnknownEffectPrefix)) return "its meaning is not known";
  return "it needs an installer that only Windows has";
}

const manifest::Service* FindService(const manifest::ComponentManifest& component,
                                     std::string_view name) {
  for (const auto& service : component.services) {
    if (EqualNoCase(service.name, name)) return &service;
  }
  return nullptr;
}

}  // namespace

std::string ServiceText(const manifest::Service& s) {
  std::string out;
  const auto add = [&out](std::string_view name, const std::optional<std::string>& value) {
    if (value) out += fmt::format("{}={}\n", name, *value);
  };
  add("displayName", s.display_name);
  add("description", s.description);
  add("errorControl", s.error_control);
  add("start", s.start);
  add("type", s.type);
  add("imagePath", s.image_path);
  add("objectName", s.object_name);
  add("group", s.group);
  add("tag", s.tag);
  add("dependOnService", s.depend_on_service);
  add("dependOnGroup", s.depend_on_group);
  add("requiredPrivileges", s.required_privileges);
  add("sidType", s.sid_type);
  add("launchProtected", s.launch_protected);
  add("startAfterInstall", s.start_after_install);
  if (s.failure_actions) {
    for (const auto& [name, value] : s.failure_actions->attributes)
      out += fmt::format("failure {}={}\n", name, value);
    for (const auto& action : s.failure_actions->actions) {
      out += fmt::format("action {} {}\n", action.type, action.delay);
    }
  }
  for (const auto& trigger : s.triggers) {
    out += fmt::format("trigger {} {} {}\n", trigger.action, trigger.type, trigger.subtype);
    for (const auto& data : trigger.data) out += fmt::format("data {} {}\n", data.type, data.value);
  }
  return out;
}

std::vector<BlockedEffect> BlockedEffects(const manifest::ComponentManifest& component,
                                          const manifest::ComponentManifest* predecessor) {
  std::vector<BlockedEffect> blocked;
  if (IsInfDriver(component.identity)) {
    blocked.push_back(
        {component.identity.type,
         "a driver package has to be staged into the driver store and the driver database"});
    return blocked;
  }
  const auto wanted = Collect(component);
  const auto present = predecessor != nullptr ? Collect(*predecessor) : EffectSet();
  for (const auto& [kind, texts] : wanted) {
    const auto found = present.find(kind);
    if (found != present.end() && found->second == texts) continue;
    blocked.push_back(
        {kind, fmt::format("{}; {}", Why(kind),
                           found != present.end() ? "it differs from that of the installed version"
                           : predecessor == nullptr ? "no version of the component is installed"
                                                    : "the installed version does not have it")});
  }
  for (const auto& [kind, texts] : present) {
    if (wanted.contains(kind)) continue;
    blocked.push_back(
        {kind, fmt::format("{}; the new version no longer has it, so it would have to be removed",
                           Why(kind))});
  }
  if (predecessor != nullptr) {
    for (const auto& service : predecessor->services) {
      if (FindService(component, service.name) != nullptr) continue;
      blocked.push_back(
          {"service", fmt::format("the service {} would have to be removed", service.name)});
    }
    if (IsDualModeDriver(component.identity)) {
      for (const auto& service : ServicesGone(*predecessor, component)) {
        blocked.push_back(
            {"service", fmt::format("the service {} would have to be removed", service)});
      }
    }
  }
  return blocked;
}

std::vector<UnsupportedEffect> UnsupportedEffects(const UpdateContent& update) {
  std::vector<UnsupportedEffect> out;
  for (const auto& [keyform, file] : update.components()) {
    for (const auto& blocked : BlockedEffects(file->manifest, nullptr)) {
      auto reason = blocked.reason.substr(0, blocked.reason.find("; no version"));
      if (!IsInfDriver(file->manifest.identity))
        reason += "; harmless where the image's version has the same";
      out.push_back({keyform, blocked.kind, std::move(reason)});
    }
  }
  return out;
}

}  // namespace ww::cbs
