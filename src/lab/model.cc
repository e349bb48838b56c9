#include "model.h"

#include <algorithm>

#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

AssemblyIdentity Identity(std::string_view name, std::string_view version,
                          std::string_view architecture, std::string_view language) {
  AssemblyIdentity id;
  id.name = name;
  if (const auto parsed = manifest::Version::Parse(version)) {
    id.version = *parsed;
    id.has_version = true;
  }
  id.architecture = architecture;
  id.language = language;
  id.public_key_token = kToken;
  return id;
}

}  // namespace

AssemblyIdentity ComponentId(std::string_view name, std::string_view version,
                             std::string_view architecture, std::string_view language,
                             std::string_view type) {
  AssemblyIdentity id = Identity(name, version, architecture, language);
  id.type = type;
  id.version_scope = "nonSxS";
  id.build_type = "release";
  return id;
}

AssemblyIdentity PackageId(std::string_view name, std::string_view version,
                           std::string_view architecture, std::string_view language) {
  return Identity(name, version, architecture, language);
}

bool Component::has_mutable_file() const {
  return std::any_of(files.begin(), files.end(), [](const PayloadFile& f) { return f.is_mutable; });
}

ComponentPtr Seal(Component component, DigestCache& digests) {
  component.xml = ManifestXml(component, digests);
  component.digest = Sha256(component.xml);
  component.keyform = manifest::Keyform(component.id);
  return std::make_shared<const Component>(std::move(component));
}

ComponentPtr MakeDeployment(std::string_view name, std::string_view version,
                            std::string_view architecture, const std::vector<ComponentPtr>& members,
                            DigestCache& digests) {
  Component deployment;
  deployment.deployment = true;
  std::string names;
  for (const ComponentPtr& member : members) {
    deployment.dependencies.push_back({member->id, false});
    names += manifest::FamilyKey(member->id) + "\n";
  }
  const std::string own_name = name.empty() ? ToHex(Md5(AsBytes(names))) : std::string(name);
  deployment.id = ComponentId(own_name, version, architecture);
  return Seal(std::move(deployment), digests);
}

std::string EscapeXml(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string IdentityXml(const AssemblyIdentity& id) {
  std::string out = "<assemblyIdentity";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += " " + std::string(name) + "=\"" + EscapeXml(value) + "\"";
  };
  add("name", id.name);
  if (id.has_version) add("version", id.version.ToString());
  add("processorArchitecture", id.architecture);
  add("language", id.language.empty() ? "neutral" : id.language);
  add("buildType", id.build_type);
  add("publicKeyToken", id.public_key_token);
  add("type", id.type);
  add("typeName", id.type_name);
  add("versionScope", id.version_scope);
  return out + " />";
}

}  // namespace ww::lab
