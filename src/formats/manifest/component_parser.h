// One parse of one component manifest. The parts stand in component_*.cc.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "wimwright/manifest/component.h"
#include "xml.h"

namespace ww::manifest {

class ComponentParser {
 public:
  explicit ComponentParser(const XmlDocument& document) : document_(document) {}
  Result<ComponentManifest> Run();

 private:
  using Names = std::initializer_list<std::string_view>;

  // component.cc
  Status Root(pugi::xml_node assembly);
  Status TopLevel(pugi::xml_node node);
  Status DependencyElement(pugi::xml_node node);
  Status TrustInfo(pugi::xml_node node);

  // component_file.cc
  Status File(pugi::xml_node node);
  Status FileHash(pugi::xml_node node, FileEntry& file);
  Status FileChild(pugi::xml_node node, FileEntry& file);
  Status Directories(pugi::xml_node node);

  // component_registry.cc
  Status RegistryKeys(pugi::xml_node node);
  Status Key(pugi::xml_node node);
  Status KeyChild(pugi::xml_node node, RegistryKey& key);

  // A name that stands twice would make one payload file mean two things.
  Status ReportRepeatedFiles();

  // component_service.cc
  Status Memberships(pugi::xml_node node);
  Status Membership(pugi::xml_node node);
  Status CategoryInstance(pugi::xml_node node, CategoryMembership& membership);
  Status ServiceData(pugi::xml_node node);
  Status ServiceChild(pugi::xml_node node, Service& service);
  Status Trigger(pugi::xml_node node, Service& service);

  // component_effects.cc
  // An element that neither primitive elements nor the table of ignorable ones know. `context`
  // names the file or key that it belongs to.
  Status Unknown(pugi::xml_node node, std::string_view context = {});
  Status AddEffect(pugi::xml_node node, std::string_view kind, std::string_view context = {});
  // Records every attribute that is not in `known` as an unknown effect.
  Status OnlyAttributes(pugi::xml_node node, Names known, std::string_view context = {});
  Status NoChildren(pugi::xml_node node, std::string_view context = {});
  Status Record(Effect effect, pugi::xml_node node);
  // Some effects depend on the bytes of files: their digests become part of the canonical text.
  void AddDigests();

  const XmlDocument& document_;
  std::string own_version_;
  ComponentManifest out_;
  struct PendingDigest {
    std::size_t effect;
    std::size_t file;  // kAllFiles or an index
  };
  static constexpr std::size_t kAllFiles = static_cast<std::size_t>(-1);
  std::vector<PendingDigest> pending_;
  std::size_t effect_bytes_ = 0;
};

// Path of `node` below the root: "file/hash".
std::string PathBelowRoot(pugi::xml_node node);

}  // namespace ww::manifest
