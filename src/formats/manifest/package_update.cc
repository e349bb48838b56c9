#include <fmt/format.h>

#include "hresults.h"
#include "identity_check.h"
#include "package_parser.h"
#include "wimwright/base/text.h"

namespace ww::manifest {

Status PackageParser::UpdateElement(pugi::xml_node node) {
  Update update;
  WW_TRY(update.name, document_.Required(node, "name"), "update");
  if (!update_names_.insert(ToLowerAscii(update.name)).second) {
    return Fail(
        document_.At(node, kCbsDuplicateUpdateName,
                     fmt::format("two updates are named '{}'", update.name.substr(0, 200))));
  }
  update.display_name = Text(node, "displayName");
  update.description = Text(node, "description");
  update.restart = Text(node, "restart");
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    WW_RETURN_IF_ERROR(UpdateChild(child, update));
  }
  out_.updates.push_back(std::move(update));
  return {};
}

Status PackageParser::UpdateChild(pugi::xml_node node, Update& update) {
  const auto name = LocalName(node);
  if (name == "applicable") return ApplicableElement(node, update);
  if (name == "driver") return DriverElement(node, update);
  if (name == "package") return ChildPackageElement(node, update);
  if (name == "selectable") return SelectableElement(node, update);
  if (name == "capability") return CapabilityElement(node, update.capabilities);
  if (name != "component") return Unknown(node);
  WW_TRY(auto identity, OnlyIdentity(node), "component");
  update.components.push_back(std::move(identity));
  return {};
}

Status PackageParser::ApplicableElement(pugi::xml_node node, Update& update) {
  Applicable applicable;
  applicable.disposition = Text(node, "disposition");
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    const auto name = LocalName(child);
    if (name == "detectUpdate") {
      WW_RETURN_IF_ERROR(DetectUpdateElement(child, applicable));
    } else if (name == "updateComponent" || name == "updateDriver") {
      WW_TRY(auto identity, OnlyIdentity(child), "applicable");
      auto& list = name == "updateComponent" ? applicable.components : applicable.drivers;
      list.push_back({std::move(identity), Text(child, "elevate")});
    } else {
      WW_RETURN_IF_ERROR(Unknown(child));
    }
  }
  update.applicable.push_back(std::move(applicable));
  return {};
}

Status PackageParser::DetectUpdateElement(pugi::xml_node node, Applicable& applicable) {
  DetectUpdate detect;
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) == "update") {
      WW_TRY(auto name, document_.Required(child, "name"), "detectUpdate");
      if (const auto inner = FirstElement(child)) return Unknown(inner);
      detect.updates.push_back(std::move(name));
    } else if (LocalName(child) == "parent") {
      WW_TRY(auto parent, ParentTree(child), "detectUpdate");
      detect.parents.push_back(std::move(parent));
    } else {
      WW_RETURN_IF_ERROR(Unknown(child));
    }
  }
  applicable.detect_updates.push_back(std::move(detect));
  return {};
}

Status PackageParser::DriverElement(pugi::xml_node node, Update& update) {
  Driver driver;
  driver.inf = Text(node, "inf");
  driver.ranking = Text(node, "ranking");
  bool identity_seen = false;
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) == "assemblyIdentity") {
      if (identity_seen)
        return Fail(document_.At(child, kCbsDuplicateElement, "a second identity"));
      identity_seen = true;
      WW_TRY(driver.identity, document_.Identity(child), "driver");
    } else if (LocalName(child) == "driverExtended") {
      WW_TRY(driver.device_install_required,
             document_.Boolean(child, "deviceInstallRequired", false), "driver");
    } else {
      WW_RETURN_IF_ERROR(Unknown(child));
    }
  }
  if (!identity_seen) {
    return Fail(document_.At(node, kCbsMissingElements, "no element 'assemblyIdentity'"));
  }
  update.drivers.push_back(std::move(driver));
  return {};
}

Status PackageParser::ChildPackageElement(pugi::xml_node node, Update& update) {
  ChildPackage child;
  WW_TRY(child.identity, OnlyIdentity(node), "package");
  if (const auto why = WhatIsWrongWithPackage(child.identity); !why.empty()) {
    return Fail(document_.At(node, kCbsManifestInvalidItem, why));
  }
  child.integrate = Text(node, "integrate");
  WW_TRY(child.contained, document_.Boolean(node, "contained", true), "package");
  update.packages.push_back(std::move(child));
  return {};
}

Status PackageParser::SelectableElement(pugi::xml_node node, Update& update) {
  if (update.selectable) {
    return Fail(document_.At(node, kCbsDuplicateElement, "a second 'selectable'"));
  }
  Selectable selectable;
  selectable.disposition = Text(node, "disposition");
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) == "detectNone") {
      WW_TRY(selectable.detect_none_default, document_.Boolean(child, "default", false),
             "selectable");
    } else {
      WW_RETURN_IF_ERROR(Unknown(child));
    }
  }
  update.selectable = std::move(selectable);
  return {};
}

}  // namespace ww::manifest
