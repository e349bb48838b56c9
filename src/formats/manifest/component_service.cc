#include "component_parser.h"
#include "hresults.h"

namespace ww::manifest {

Status ComponentParser::Memberships(pugi::xml_node node) {
  WW_RETURN_IF_ERROR(OnlyAttributes(node, {}));
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) == "categoryMembership") {
      WW_RETURN_IF_ERROR(Membership(child));
    } else {
      WW_RETURN_IF_ERROR(Unknown(child));
    }
  }
  return {};
}

Status ComponentParser::Membership(pugi::xml_node node) {
  WW_RETURN_IF_ERROR(OnlyAttributes(node, {}));
  const auto id = Child(node, "id");
  if (!id) return Fail(document_.At(node, kCbsMissingElements, "no element 'id'"));
  CategoryMembership membership;
  WW_TRY(membership.id, document_.Identity(id, true), "category");
  membership.type_name = membership.id.type_name;
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (child == id) continue;
    if (LocalName(child) == "categoryInstance") {
      WW_RETURN_IF_ERROR(CategoryInstance(child, membership));
    } else {
      WW_RETURN_IF_ERROR(Unknown(child, membership.type_name));
    }
  }
  out_.memberships.push_back(std::move(membership));
  return {};
}

Status ComponentParser::CategoryInstance(pugi::xml_node node, CategoryMembership& membership) {
  const std::string& context = membership.type_name;
  WW_RETURN_IF_ERROR(OnlyAttributes(node, {"subcategory"}, context));
  membership.subcategories.push_back(Text(node, "subcategory"));
  SvcHostGroup group{membership.subcategories.back(), {}};
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) == "serviceData") {
      WW_RETURN_IF_ERROR(ServiceData(child));
    } else if (LocalName(child) == "serviceGroup") {
      if (group.group.empty()) {
        return Fail(document_.At(node, kCbsMissingAttributes, "no attribute 'subcategory'"));
      }
      WW_RETURN_IF_ERROR(OnlyAttributes(child, {"serviceName", "position"}, group.group));
      WW_TRY(auto service, document_.Required(child, "serviceName"), "service group");
      group.services.push_back({std::move(service), Text(child, "position")});
      WW_RETURN_IF_ERROR(NoChildren(child, group.group));
    } else {
      WW_RETURN_IF_ERROR(Unknown(child, context));
    }
  }
  if (!group.services.empty()) out_.svchost_groups.push_back(std::move(group));
  return {};
}

Status ComponentParser::ServiceData(pugi::xml_node node) {
  Service service;
  WW_TRY(service.name, document_.Required(node, "name"), "service");
  WW_RETURN_IF_ERROR(
      OnlyAttributes(node,
                     {"name", "displayName", "description", "errorControl", "start", "type",
                      "imagePath", "objectName", "group", "tag", "dependOnService", "dependOnGroup",
                      "requiredPrivileges", "sidType", "launchProtected", "startAfterInstall"},
                     service.name));
  if (service.name.find_first_of("\\/") != std::string::npos) {
    return Fail(document_.At(node, kCbsManifestInvalidItem, "a service name with a separator"));
  }
  service.display_name = OptionalText(node, "displayName");
  service.description = OptionalText(node, "description");
  service.error_control = OptionalText(node, "errorControl");
  service.start = OptionalText(node, "start");
  service.type = OptionalText(node, "type");
  service.image_path = OptionalText(node, "imagePath");
  service.object_name = OptionalText(node, "objectName");
  service.group = OptionalText(node, "group");
  service.tag = OptionalText(node, "tag");
  service.depend_on_service = OptionalText(node, "dependOnService");
  service.depend_on_group = OptionalText(node, "dependOnGroup");
  service.required_privileges = OptionalText(node, "requiredPrivileges");
  service.sid_type = OptionalText(node, "sidType");
  service.launch_protected = OptionalText(node, "launchProtected");
  service.start_after_install = OptionalText(node, "startAfterInstall");
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    WW_RETURN_IF_ERROR(ServiceChild(child, service));
  }
  out_.services.push_back(std::move(service));
  return {};
}

Status ComponentParser::ServiceChild(pugi::xml_node node, Service& service) {
  if (LocalName(node) == "serviceTrigger") return Trigger(node, service);
  if (LocalName(node) != "failureActions") return Unknown(node, service.name);
  if (service.failure_actions) {
    return Fail(document_.At(node, kCbsDuplicateElement, "a second list of failure actions"));
  }
  FailureActions failure;
  for (const auto attribute : node.attributes()) {
    if (!IsNamespaceDeclaration(attribute)) {
      failure.attributes.emplace_back(attribute.name(), attribute.value());
    }
  }
  for (auto actions = FirstElement(node); actions; actions = NextElement(actions)) {
    if (LocalName(actions) != "actions") {
      WW_RETURN_IF_ERROR(Unknown(actions, service.name));
      continue;
    }
    for (auto action = FirstElement(actions); action; action = NextElement(action)) {
      if (LocalName(action) != "action") {
        WW_RETURN_IF_ERROR(Unknown(action, service.name));
        continue;
      }
      WW_RETURN_IF_ERROR(OnlyAttributes(action, {"type", "delay"}, service.name));
      failure.actions.push_back({Text(action, "type"), Text(action, "delay")});
    }
  }
  service.failure_actions = std::move(failure);
  return {};
}

Status ComponentParser::Trigger(pugi::xml_node node, Service& service) {
  ServiceTrigger trigger;
  WW_RETURN_IF_ERROR(OnlyAttributes(node, {"action", "type", "subtype"}, service.name));
  WW_TRY(trigger.type, document_.Required(node, "type"), "service trigger");
  trigger.action = Text(node, "action");
  trigger.subtype = Text(node, "subtype");
  for (auto data = FirstElement(node); data; data = NextElement(data)) {
    if (LocalName(data) != "triggerData") {
      WW_RETURN_IF_ERROR(Unknown(data, service.name));
      continue;
    }
    WW_RETURN_IF_ERROR(OnlyAttributes(data, {"type", "value"}, service.name));
    trigger.data.push_back({Text(data, "type"), Text(data, "value")});
  }
  service.triggers.push_back(std::move(trigger));
  return {};
}

}  // namespace ww::manifest
