// What images and updates are made of: components and packages as values, with the XML that
// describes them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "content.h"
#include "wimwright/manifest/identity.h"

namespace ww::lab {

using manifest::AssemblyIdentity;

inline constexpr std::string_view kToken = "31bf3856ad364e35";
inline constexpr std::string_view kTrustedInstaller =
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

AssemblyIdentity ComponentId(std::string_view name, std::string_view version,
                             std::string_view architecture, std::string_view language = "",
                             std::string_view type = "");
AssemblyIdentity PackageId(std::string_view name, std::string_view version,
                           std::string_view architecture, std::string_view language = "");

struct PayloadFile {
  std::string name;
  std::string destination;  // "$(runtime.system32)\\"; empty: lives in WinSxS only
  Content content;
  std::string destination_name;    // empty: that of `name`
  std::vector<std::string> links;  // full paths of further hard links, with macros
  bool is_mutable = false;         // the system may change it
  bool is_inf = false;
  std::string effects;  // nested elements, as XML
};

struct RegistryValue {
  std::string name, type, value;
  bool is_mutable = false;
};

struct RegistryKey {
  std::string key;  // HKEY_...
  std::vector<RegistryValue> values;
  std::vector<std::string> overridable;  // names of values an administrator may have changed
};

// Words and texts as a manifest has them; empty: absent.
struct Service {
  std::string name, display_name, description, start, type, error_control, image_path, object_name,
      group, depend_on_service, required_privileges, sid_type;
  std::string svchost_group;  // not empty: also a member of this group
};

struct Directory {
  std::string path;  // with macros
};

struct ComponentReference {
  AssemblyIdentity id;
  bool prerequisite = false;  // of a resource component of any language
};

struct Component {
  AssemblyIdentity id;
  bool deployment = false;
  std::vector<ComponentReference> dependencies;
  std::vector<PayloadFile> files;
  std::vector<Directory> directories;
  std::vector<RegistryKey> registry;
  std::vector<Service> services;
  std::vector<std::string> categories;  // typeName of plain memberships: BootCritical...
  std::string effects;                  // further elements, as XML
  // Made from a manifest of somebody else: what the lab has no form for is left out, not an error.
  bool foreign = false;
  std::string comment;  // goes into the string table: makes manifests differ in length

  // Filled by Seal().
  Bytes xml;
  Sha256Digest digest{};
  std::string keyform;

  bool has_mutable_file() const;
};
using ComponentPtr = std::shared_ptr<const Component>;

// Writes the manifest and computes what follows from it.
ComponentPtr Seal(Component component, DigestCache& digests);

// A deployment of these components, which it references in order. An empty name: 32 digits that
// follow from the members.
ComponentPtr MakeDeployment(std::string_view name, std::string_view version,
                            std::string_view architecture, const std::vector<ComponentPtr>& members,
                            DigestCache& digests);

struct Parent {
  std::string disposition = "detect";
  std::string integrate = "separate";
  std::string build_compare = "EQ", service_compare = "EQ", revision_compare, distribution_compare;
  std::vector<AssemblyIdentity> any_of;
  std::vector<Parent> nested;
};

struct Applicable {
  std::string disposition = "staged";
  std::string elevate = "revision";
  std::vector<AssemblyIdentity> components;
  std::vector<AssemblyIdentity> drivers;
  std::vector<std::string> updates;  // of the same package, by name: `detectUpdate`
};

struct DriverReference {
  AssemblyIdentity id;
  std::string inf;
};

// One `update` of a package.
struct UpdateGroup {
  std::string name;
  std::vector<Applicable> applicable;
  std::vector<AssemblyIdentity> deployments;
  std::vector<DriverReference> drivers;
  std::vector<AssemblyIdentity> packages;
  bool selectable = false;  // an optional feature, off by default
  bool on = true;           // else what it brings is only staged, also in an installed package
};

struct Package {
  AssemblyIdentity id;
  std::string kb;  // "KB9000102"; empty for packages of the product
  std::string release_type = "Update";
  std::string restart = "possible";
  bool deep = false;
  bool permanent = false;
  bool self_update = false;
  std::string stack = "6.0.0.0";  // servicing stack that it asks for; empty: none
  std::vector<Parent> parents;
  std::vector<UpdateGroup> updates;
  std::string extra;       // further elements inside of `package`, as XML
  std::string capability;  // of a feature on demand: "Lab.Player"
  std::string time = "2018-08-01T00:00:00Z";

  std::string identity() const { return manifest::PackageIdentityString(id); }
};
using PackagePtr = std::shared_ptr<const Package>;

Bytes MumXml(const Package& package);
Bytes ManifestXml(const Component& component, DigestCache& digests);

// Attribute and text escaping of XML.
std::string EscapeXml(std::string_view text);
// `<assemblyIdentity .../>` of a component or package.
std::string IdentityXml(const AssemblyIdentity& id);

}  // namespace ww::lab
