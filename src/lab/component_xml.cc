// The text of component manifests (windows-servicing.md 3).
#include "model.h"
#include "security.h"
#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

void AddAttribute(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out += " " + std::string(name) + "=\"" + EscapeXml(value) + "\"";
}

std::string FileXml(const PayloadFile& file, DigestCache& digests) {
  std::string out = "  <file";
  AddAttribute(out, "name", file.name);
  AddAttribute(out, "destinationPath", file.destination);
  AddAttribute(out, "destinationName", file.destination_name);
  AddAttribute(out, "sourceName", file.name.substr(file.name.rfind('\\') + 1));
  AddAttribute(out, "importPath", "$(build.nttree)\\");
  if (file.is_mutable) AddAttribute(out, "writeableType", "systemData");
  out += ">\n";
  if (file.is_inf) out += "    <infFile />\n";
  for (const std::string& link : file.links) {
    out += "    <link destination=\"" + EscapeXml(link) + "\" />\n";
  }
  out += file.effects;
  if (!file.destination.empty()) {
    out += std::string("    <securityDescriptor name=\"") +
           (file.is_mutable ? "#MutableFileDefaultSecurityDescriptor" : "WRP_FILE_DEFAULT_SDDL") +
           "\" />\n";
  }
  out +=
      "    <asmv2:hash xmlns:asmv2=\"urn:schemas-microsoft-com:asm.v2\" "
      "xmlns:dsig=\"http://www.w3.org/2000/09/xmldsig#\"><dsig:Transforms>"
      "<dsig:Transform Algorithm=\"urn:schemas-microsoft-com:HashTransforms.Identity\" />"
      "</dsig:Transforms><dsig:DigestMethod "
      "Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha256\" /><dsig:DigestValue>" +
      ToBase64(digests.Sha256Of(file.content)) + "</dsig:DigestValue></asmv2:hash>\n";
  return out + "  </file>\n";
}

std::string RegistryXml(const std::vector<RegistryKey>& keys) {
  if (keys.empty()) return "";
  std::string out = "  <registryKeys>\n";
  for (const RegistryKey& key : keys) {
    out += "    <registryKey keyName=\"" + EscapeXml(key.key) + "\">\n";
    for (const RegistryValue& value : key.values) {
      out += "      <registryValue name=\"" + EscapeXml(value.name) + "\" valueType=\"" +
             value.type + "\" value=\"" + EscapeXml(value.value) + "\"";
      if (value.is_mutable) out += " mutable=\"true\"";
      out += " />\n";
    }
    for (const std::string& name : key.overridable) {
      out += "      <overridable name=\"" + EscapeXml(name) +
             "\" type=\"REG_SZ\" scope=\"local\" "
             "/>\n";
    }
    out += "      <securityDescriptor name=\"WRP_REGKEY_DEFAULT_SDDL\" />\n    </registryKey>\n";
  }
  return out + "  </registryKeys>\n";
}

std::string ServiceXml(const Service& service, const std::string& version) {
  std::string out =
      "    <categoryMembership>\n      <id name=\"Microsoft.Windows.Categories.Services\" "
      "version=\"" +
      version + "\" publicKeyToken=\"" + std::string(kToken) +
      "\" typeName=\"Service\" />\n      <categoryInstance>\n        <serviceData";
  AddAttribute(out, "name", service.name);
  AddAttribute(out, "displayName", service.display_name);
  AddAttribute(out, "description", service.description);
  AddAttribute(out, "errorControl", service.error_control);
  AddAttribute(out, "start", service.start);
  AddAttribute(out, "type", service.type);
  AddAttribute(out, "imagePath", service.image_path);
  AddAttribute(out, "objectName", service.object_name);
  AddAttribute(out, "group", service.group);
  AddAttribute(out, "dependOnService", service.depend_on_service);
  AddAttribute(out, "requiredPrivileges", service.required_privileges);
  AddAttribute(out, "sidType", service.sid_type);
  out += " />\n      </categoryInstance>\n    </categoryMembership>\n";
  if (!service.svchost_group.empty()) {
    out +=
        "    <categoryMembership>\n      <id name=\"Microsoft.Windows.Categories\" "
        "version=\"1.0.0.0\" publicKeyToken=\"365143bb27e7ac8b\" typeName=\"SvcHost\" />\n"
        "      <categoryInstance subcategory=\"" +
        EscapeXml(service.svchost_group) + "\"><serviceGroup position=\"last\" serviceName=\"" +
        EscapeXml(service.name) + "\" /></categoryInstance>\n    </categoryMembership>\n";
  }
  return out;
}

std::string MembershipsXml(const Component& component) {
  if (component.services.empty() && component.categories.empty()) return "";
  std::string out = "  <memberships>\n";
  for (const Service& service : component.services) {
    out += ServiceXml(service, component.id.version.ToString());
  }
  for (const std::string& category : component.categories) {
    out +=
        "    <categoryMembership><id name=\"Microsoft.Windows.Categories\" version=\"1.0.0.0\" "
        "publicKeyToken=\"365143bb27e7ac8b\" typeName=\"" +
        category + "\" /></categoryMembership>\n";
  }
  return out + "  </memberships>\n";
}

std::string TrustXml(const Component& component) {
  std::string definitions;
  const auto add = [&](std::string_view name, std::string_view sddl) {
    definitions += "        <securityDescriptorDefinition name=\"" + std::string(name) +
                   "\" sddl=\"" + std::string(sddl) + "\" operationHint=\"replace\" />\n";
  };
  if (!component.files.empty()) add("WRP_FILE_DEFAULT_SDDL", kFileSddl);
  if (component.has_mutable_file()) add("#MutableFileDefaultSecurityDescriptor", kMutableFileSddl);
  if (!component.registry.empty()) {
    add("WRP_REGKEY_DEFAULT_SDDL", component.id.type == "dualModeDriver" ? "(inherit)" : kKeySddl);
  }
  if (!component.directories.empty()) add("DIRECTORY_SDDL", kDirectorySddl);
  if (definitions.empty()) return "";
  return "  <trustInfo>\n    <security>\n      <accessControl>\n      "
         "<securityDescriptorDefinitions>\n" +
         definitions +
         "      </securityDescriptorDefinitions>\n      </accessControl>\n    </security>\n  "
         "</trustInfo>\n";
}

std::string DependencyXml(const ComponentReference& reference, bool deployment) {
  std::string out = "  <dependency discoverable=\"";
  out += deployment ? "false\"" : "no\"";
  if (reference.prerequisite) out += " resourceType=\"Resources\"";
  return out + ">\n    <dependentAssembly dependencyType=\"" +
         (reference.prerequisite ? "prerequisite" : "install") + "\">\n      " +
         IdentityXml(reference.id) + "\n    </dependentAssembly>\n  </dependency>\n";
}

}  // namespace

Bytes ManifestXml(const Component& component, DigestCache& digests) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<assembly "
      "xmlns=\"urn:schemas-microsoft-com:asm.v3\" manifestVersion=\"1.0\" copyright=\"wimwright "
      "lab\">\n  " +
      IdentityXml(component.id) + "\n";
  if (component.deployment) out += "  <deployment />\n";
  for (const ComponentReference& reference : component.dependencies) {
    out += DependencyXml(reference, component.deployment);
  }
  for (const PayloadFile& file : component.files) out += FileXml(file, digests);
  if (!component.directories.empty()) {
    out += "  <directories>\n";
    for (const Directory& directory : component.directories) {
      out += "    <directory destinationPath=\"" + EscapeXml(directory.path) +
             "\" owner=\"true\"><securityDescriptor name=\"DIRECTORY_SDDL\" /></directory>\n";
    }
    out += "  </directories>\n";
  }
  out += RegistryXml(component.registry) + MembershipsXml(component) + TrustXml(component);
  if (!component.comment.empty()) {
    out +=
        "  <localization>\n    <resources culture=\"en-US\">\n      <stringTable>\n        "
        "<string id=\"description1\" value=\"" +
        EscapeXml(component.comment) +
        "\" />\n      </stringTable>\n    </resources>\n  </localization>\n";
  }
  out += component.effects + "</assembly>\n";
  return ToBytes(out);
}

}  // namespace ww::lab
