// One parse of one package manifest.
#pragma once

#include <set>
#include <string>

#include "wimwright/manifest/package.h"
#include "xml.h"

namespace ww::manifest {

class PackageParser {
 public:
  explicit PackageParser(const XmlDocument& document) : document_(document) {}
  Result<PackageManifest> Run();

 private:
  // package.cc
  Status Root(pugi::xml_node assembly);
  Status Package(pugi::xml_node node);
  Status PackageChild(pugi::xml_node node);
  Status DeclareCapability(pugi::xml_node node);
  Status CapabilityElement(pugi::xml_node node, std::vector<Capability>& out);
  Status CustomInformation(pugi::xml_node node);
  Status Extended(pugi::xml_node node);

  // package_parent.cc
  Result<Parent> ParentTree(pugi::xml_node top);
  Status ParentLevel(pugi::xml_node node, Parent& parent, std::vector<pugi::xml_node>& nested);

  // package_update.cc
  Status UpdateElement(pugi::xml_node node);
  Status UpdateChild(pugi::xml_node node, Update& update);
  Status ApplicableElement(pugi::xml_node node, Update& update);
  Status DetectUpdateElement(pugi::xml_node node, Applicable& applicable);
  Status DriverElement(pugi::xml_node node, Update& update);
  Status ChildPackageElement(pugi::xml_node node, Update& update);
  Status SelectableElement(pugi::xml_node node, Update& update);

  // The one identity below `node`, which may have no other children.
  Result<AssemblyIdentity> OnlyIdentity(pugi::xml_node node);
  // The same for a package, whose identity becomes a file name.
  Result<AssemblyIdentity> PackageIdentity(pugi::xml_node node);
  // Nothing when the table knows the element as ignorable, otherwise 0x800F080D.
  Status Unknown(pugi::xml_node node) const;

  const XmlDocument& document_;
  PackageManifest out_;
  bool package_seen_ = false;
  std::set<std::string> update_names_;  // lower case
};

}  // namespace ww::manifest
