// Component manifests (`*.manifest`, plain XML): what a component places, writes and asks others to
// do (windows-servicing.md 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/manifest/identity.h"

namespace ww::manifest {

enum class DigestAlgorithm : std::uint8_t { kNone, kSha1, kSha256 };
// What is hashed: kIdentity, the plain bytes of the file; kOther, something that is not known.
enum class HashTransform : std::uint8_t { kNone, kIdentity, kOther };

// One `file`. Text keeps its $(...) macros: expand with Variables.
struct FileEntry {
  std::string name;  // inside the component directory; may have sub-directories with backslashes
  std::string source_name, source_path, import_path;  // of the build; only fallbacks
  // Directory of the projection; nullopt: the file lives in WinSxS only.
  std::optional<std::string> destination_path;
  std::string destination_name;         // "": the last part of `name`
  std::vector<std::string> attributes;  // words: "readOnly", "hidden"
  std::string writeable_type;
  std::string security_descriptor;  // name of a definition
  std::string system_protection;    // behavior
  std::vector<std::string> links;   // full target paths of further hard links
  DigestAlgorithm digest_algorithm = DigestAlgorithm::kNone;
  HashTransform transform = HashTransform::kNone;
  Bytes digest;  // length fits the algorithm
  std::vector<std::string>
      effects;  // kinds of nested effects (infFile, gac...); full text in the manifest

  // Last part of `name`, or destination_name.
  std::string_view installed_name() const;
};

struct DirectoryEntry {
  std::string destination_path;
  std::vector<std::string> attributes;
  std::string compression;
  std::string security_descriptor;
  std::string system_protection;
  bool owner = false;
};

struct RegistryValueEntry {
  std::string name;               // "" = the default value
  std::string value_type, value;  // see EncodeRegistryValue
  std::string operation_hint;     // "", "replace"...
  bool is_mutable = false;
  bool owner = false;
};

// A value that an administrator may have changed: keep an existing one (3.3).
struct Overridable {
  std::string name, type, scope;
};

struct RegistryKey {
  std::string key_name;  // HKEY_...\...
  bool owner = false;
  std::string per_user_virtualization;
  std::vector<RegistryValueEntry> values;  // a key without values is created all the same
  std::string security_descriptor;
  std::string system_protection;
  std::vector<Overridable> overridables;
};

struct SecurityDescriptorDefinition {
  std::string name, sddl, operation_hint;
};

struct Dependency {
  AssemblyIdentity identity;
  std::string dependency_type;  // "", "install", "prerequisite"
  bool discoverable = false;
  bool optional = false;
  std::string resource_type, build_filter;
};

struct ServiceTriggerData {
  std::string type, value;
};
struct ServiceTrigger {
  std::string action, type, subtype;
  std::vector<ServiceTriggerData> data;
};
struct ServiceAction {
  std::string type, delay;
};
struct FailureActions {
  std::vector<std::pair<std::string, std::string>>
      attributes;  // resetPeriod, command, ... as written
  std::vector<ServiceAction> actions;
};

// One `serviceData` (3.4). Words as written; an absent attribute is nullopt, which differs from "".
struct Service {
  std::string name;
  std::optional<std::string> display_name, description, error_control, start, type, image_path;
  std::optional<std::string> object_name, group, tag, depend_on_service, depend_on_group;
  std::optional<std::string> required_privileges, sid_type, launch_protected, start_after_install;
  std::optional<FailureActions> failure_actions;
  std::vector<ServiceTrigger> triggers;
};

struct SvcHostService {
  std::string name, position;  // position "first" or "last"
};
struct SvcHostGroup {
  std::string group;
  std::vector<SvcHostService> services;
};

// Every membership, services and SvcHost groups included.
struct CategoryMembership {
  std::string type_name;
  AssemblyIdentity id;
  std::vector<std::string> subcategories;  // one per categoryInstance, "" when it has none
};

// Something that a Windows installer would do and that placing files and registry values does not.
// Nothing is skipped: what is not known has the kind "unknown:<element path below assembly>".
struct Effect {
  std::string kind;  // name of the element: "taskScheduler", "mof", "infFile", "configuration"...
  // The element as text that depends on its meaning only: no prefixes, comments or indentation,
  // attributes sorted, and the component's own version replaced by "{version}". Equal text in the
  // predecessor is the gate of 3.6: nothing has to run. DependsOnContent() in elements.cc says
  // which kinds carry the digests of their files too; mof and sppInstaller do not. Of
  // instrumentation only what is registered counts (IsInEventResource()).
  std::string canonical;
  std::string summary;  // for a person: element, first telling attribute, byte offset
};

struct ComponentManifest {
  AssemblyIdentity identity;
  bool is_deployment = false;
  std::string description, display_name;
  std::vector<Dependency> dependencies;
  std::vector<FileEntry> files;
  std::vector<DirectoryEntry> directories;
  std::vector<RegistryKey> registry_keys;
  std::vector<SecurityDescriptorDefinition> security_descriptors;
  std::vector<Service> services;
  std::vector<SvcHostGroup> svchost_groups;
  std::vector<CategoryMembership> memberships;
  std::vector<Effect> effects;

  // The definition a file, key or directory names; nullptr when there is none. Names without case.
  const SecurityDescriptorDefinition* FindSecurityDescriptor(std::string_view name) const;
};

inline constexpr std::string_view kUnknownEffectPrefix = "unknown:";

// Plain XML (roots of asm.v1 and asm.v3; UTF-8 with or without BOM, UTF-16 with BOM). Hostile input
// as for ParsePackage, with the same codes; but an unknown element or an unknown attribute of a
// primitive element becomes an Effect, so that the caller can compare it with the predecessor's or
// refuse it by name.
Result<ComponentManifest> ParseComponent(ByteView xml);

}  // namespace ww::manifest
