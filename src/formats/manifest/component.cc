#include "wimwright/manifest/component.h"

#include <fmt/format.h>

#include "component_parser.h"
#include "elements.h"
#include "hresults.h"
#include "identity_check.h"
#include "wimwright/base/text.h"

namespace ww::manifest {

std::string_view FileEntry::installed_name() const {
  if (!destination_name.empty()) return destination_name;
  const auto slash = name.rfind('\\');
  return slash == std::string::npos ? std::string_view(name)
                                    : std::string_view(name).substr(slash + 1);
}

const SecurityDescriptorDefinition* ComponentManifest::FindSecurityDescriptor(
    std::string_view name) const {
  for (const auto& definition : security_descriptors) {
    if (EqualNoCaseAscii(definition.name, name)) return &definition;
  }
  return nullptr;
}

Result<ComponentManifest> ParseComponent(ByteView xml) {
  WW_TRY(const auto document, XmlDocument::Load(xml), "component manifest");
  WW_TRY(auto manifest, ComponentParser(*document).Run(), "component manifest");
  return manifest;
}

Result<ComponentManifest> ComponentParser::Run() {
  WW_RETURN_IF_ERROR(Root(document_.root()));
  AddDigests();
  WW_RETURN_IF_ERROR(ReportRepeatedFiles());
  return std::move(out_);
}

Status ComponentParser::Root(pugi::xml_node assembly) {
  if (LocalName(assembly) != "assembly") {
    return Fail(document_.At(assembly, kCbsManifestInvalidItem, "the root is not an assembly"));
  }
  const auto identity = Child(assembly, "assemblyIdentity");
  if (!identity) {
    return Fail(document_.At(assembly, kCbsMissingElements, "no element 'assemblyIdentity'"));
  }
  WW_TRY(out_.identity, document_.Identity(identity), "identity");
  if (HasWildcard(out_.identity)) {
    return Fail(document_.At(identity, kCbsManifestInvalidItem, "an identity with '*'"));
  }
  own_version_ = out_.identity.version.ToString();
  out_.description = Text(assembly, "description");
  out_.display_name = Text(assembly, "displayName");
  std::size_t files = 0;
  for (auto node = FirstElement(assembly); node; node = NextElement(node)) {
    if (LocalName(node) == "file") ++files;
  }
  out_.files.reserve(files);  // exactly: ten thousand manifests may be kept
  for (auto node = FirstElement(assembly); node; node = NextElement(node)) {
    if (node == identity) continue;
    WW_RETURN_IF_ERROR(TopLevel(node));
  }
  return {};
}

Status ComponentParser::TopLevel(pugi::xml_node node) {
  const auto name = LocalName(node);
  if (name == "assemblyIdentity") {
    return Fail(document_.At(node, kCbsDuplicateElement, "a second identity"));
  }
  if (name == "deployment") {
    out_.is_deployment = true;
    WW_RETURN_IF_ERROR(OnlyAttributes(node, {}));
    return NoChildren(node);
  }
  if (name == "dependency") return DependencyElement(node);
  if (name == "file") return File(node);
  if (name == "directories") return Directories(node);
  if (name == "registryKeys") return RegistryKeys(node);
  if (name == "trustInfo") return TrustInfo(node);
  if (name == "memberships") return Memberships(node);
  if (!IsKnownEffect(name)) return Unknown(node);
  WW_RETURN_IF_ERROR(AddEffect(node, name));
  if (DependsOnContent(name) != ContentDependence::kNone) {
    pending_.push_back({out_.effects.size() - 1, kAllFiles});
  }
  return {};
}

Status ComponentParser::DependencyElement(pugi::xml_node node) {
  Dependency shared;
  WW_RETURN_IF_ERROR(
      OnlyAttributes(node, {"discoverable", "optional", "resourceType", "buildFilter"}));
  WW_TRY(shared.discoverable, document_.Boolean(node, "discoverable", false), "dependency");
  WW_TRY(shared.optional, document_.Boolean(node, "optional", false), "dependency");
  shared.resource_type = Text(node, "resourceType");
  shared.build_filter = Text(node, "buildFilter");
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) != "dependentAssembly") {
      WW_RETURN_IF_ERROR(Unknown(child));
      continue;
    }
    WW_RETURN_IF_ERROR(OnlyAttributes(child, {"dependencyType"}));
    Dependency dependency = shared;
    dependency.dependency_type = Text(child, "dependencyType");
    const auto identity = Child(child, "assemblyIdentity");
    if (!identity) {
      return Fail(document_.At(child, kCbsMissingElements, "no element 'assemblyIdentity'"));
    }
    // Side-by-side manifests may ask for any version.
    WW_TRY(dependency.identity, document_.Identity(identity, true), "dependency");
    for (auto other = FirstElement(child); other; other = NextElement(other)) {
      if (other != identity) WW_RETURN_IF_ERROR(Unknown(other));
    }
    out_.dependencies.push_back(std::move(dependency));
  }
  return {};
}

Status ComponentParser::TrustInfo(pugi::xml_node node) {
  // trustInfo/security/accessControl/securityDescriptorDefinitions: each level may repeat; what
  // stands beside the path is unknown or ignorable.
  constexpr std::string_view kLevels[] = {"security", "accessControl",
                                          "securityDescriptorDefinitions"};
  std::vector<pugi::xml_node> parents = {node};
  for (const auto level : kLevels) {
    std::vector<pugi::xml_node> next;
    for (const auto parent : parents) {
      for (auto child = FirstElement(parent); child; child = NextElement(child)) {
        if (LocalName(child) == level) {
          next.push_back(child);
        } else {
          WW_RETURN_IF_ERROR(Unknown(child));
        }
      }
    }
    parents = std::move(next);
  }
  for (const auto parent : parents) {
    for (auto child = FirstElement(parent); child; child = NextElement(child)) {
      if (LocalName(child) != "securityDescriptorDefinition") {
        WW_RETURN_IF_ERROR(Unknown(child));
        continue;
      }
      SecurityDescriptorDefinition definition;
      WW_TRY(definition.name, document_.Required(child, "name"), "security descriptor");
      WW_RETURN_IF_ERROR(OnlyAttributes(
          child, {"name", "sddl", "operationHint", "description", "displayName"}, definition.name));
      WW_TRY(definition.sddl, document_.Required(child, "sddl"), "security descriptor");
      definition.operation_hint = Text(child, "operationHint");
      WW_RETURN_IF_ERROR(NoChildren(child, definition.name));
      out_.security_descriptors.push_back(std::move(definition));
    }
  }
  return {};
}

}  // namespace ww::manifest
