// The text of package manifests (windows-servicing.md 2).
#include "model.h"

namespace ww::lab {
namespace {

void AddCompare(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out += " " + std::string(name) + "=\"" + std::string(value) + "\"";
}

// `depth` bounds the nesting: parents of parents do not occur.
std::string ParentXml(const Parent& parent, int depth = 0) {
  std::string out = "    <parent";
  AddCompare(out, "buildCompare", parent.build_compare);
  AddCompare(out, "serviceCompare", parent.service_compare);
  AddCompare(out, "revisionCompare", parent.revision_compare);
  AddCompare(out, "distributionCompare", parent.distribution_compare);
  AddCompare(out, "integrate", parent.integrate);
  AddCompare(out, "disposition", parent.disposition);
  out += ">\n";
  for (const AssemblyIdentity& id : parent.any_of) out += "      " + IdentityXml(id) + "\n";
  if (depth == 0) {
    for (const Parent& nested : parent.nested) out += ParentXml(nested, 1);
  }
  return out + "    </parent>\n";
}

std::string ApplicableXml(const Applicable& applicable) {
  std::string out = "      <applicable disposition=\"" + applicable.disposition + "\">\n";
  const auto add = [&](std::string_view element, const AssemblyIdentity& id) {
    out += "        <" + std::string(element) + " elevate=\"" + applicable.elevate + "\">" +
           IdentityXml(id) + "</" + std::string(element) + ">\n";
  };
  for (const AssemblyIdentity& id : applicable.components) add("updateComponent", id);
  for (const AssemblyIdentity& id : applicable.drivers) add("updateDriver", id);
  for (const std::string& name : applicable.updates) {
    out += "        <detectUpdate><update name=\"" + EscapeXml(name) + "\" /></detectUpdate>\n";
  }
  return out + "      </applicable>\n";
}

std::string UpdateXml(const UpdateGroup& update) {
  std::string out = "    <update name=\"" + EscapeXml(update.name) + "\">\n";
  if (update.selectable) {
    out +=
        "      <selectable disposition=\"staged\"><detectNone default=\"false\" />"
        "</selectable>\n";
  }
  for (const Applicable& applicable : update.applicable) out += ApplicableXml(applicable);
  for (const AssemblyIdentity& id : update.deployments) {
    out += "      <component>" + IdentityXml(id) + "</component>\n";
  }
  for (const DriverReference& driver : update.drivers) {
    out += "      <driver inf=\"" + driver.inf + "\" ranking=\"currentDevices\">" +
           IdentityXml(driver.id) + "</driver>\n";
  }
  for (const AssemblyIdentity& id : update.packages) {
    out += "      <package integrate=\"hidden\">" + IdentityXml(id) + "</package>\n";
  }
  return out + "    </update>\n";
}

}  // namespace

Bytes MumXml(const Package& package) {
  const bool is_fix = !package.kb.empty();
  const std::string digits = is_fix ? package.kb.substr(2) : "";
  const std::string description = is_fix ? "Fix for " + package.kb : package.id.name;
  std::string out =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
      "<assembly xmlns=\"urn:schemas-microsoft-com:asm.v3\" manifestVersion=\"1.0\" "
      "description=\"" +
      EscapeXml(description) +
      "\" displayName=\"default\" company=\"wimwright lab\" copyright=\"wimwright lab\"";
  if (is_fix) out += " supportInformation=\"http://support.example.com/?kbid=" + digits + "\"";
  out += " creationTimeStamp=\"" + package.time + "\" lastUpdateTimeStamp=\"" + package.time +
         "\">\n  " + IdentityXml(package.id) + "\n  <package identifier=\"" +
         EscapeXml(is_fix ? package.kb : package.id.name) + "\"";
  if (package.deep) out += " applicabilityEvaluation=\"deep\"";
  out += " releaseType=\"" + package.release_type + "\" restart=\"" + package.restart + "\"";
  if (package.permanent) out += " permanence=\"permanent\"";
  if (package.self_update) out += " selfUpdate=\"true\"";
  out += ">\n";
  for (const Parent& parent : package.parents) out += ParentXml(parent);
  if (!package.stack.empty()) {
    // An element of its own name with the attributes of an identity.
    AssemblyIdentity stack =
        ComponentId("Microsoft-Windows-ServicingStack", package.stack, package.id.architecture);
    stack.build_type.clear();
    std::string text = IdentityXml(stack);
    text.replace(1, std::string_view("assemblyIdentity").size(), "installerAssembly");
    out += "    " + text + "\n";
  }
  if (!package.capability.empty()) {
    out += "    <declareCapability><capability><capabilityIdentity name=\"" + package.capability +
           "\" version=\"0.0.1.0\" /></capability></declareCapability>\n";
  }
  for (const UpdateGroup& update : package.updates) out += UpdateXml(update);
  out += package.extra + "  </package>\n</assembly>\n";
  return ToBytes(out);
}

}  // namespace ww::lab
