// Package manifests: `update.mum` and `<package identity>.mum` (windows-servicing.md 2).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/manifest/identity.h"

namespace ww::manifest {

// Attribute words (integrate, disposition, elevate, ...Compare) are kept as written; compare them
// without case. An absent attribute is the empty string.

struct ChildPackage {
  AssemblyIdentity identity;
  std::string integrate;
  bool contained = true;  // false: only a link, the package is not part of this update
};

struct UpdateComponent {
  AssemblyIdentity identity;
  std::string elevate;
};

struct Parent {
  std::string integrate, disposition;
  std::string build_compare, service_compare, revision_compare, distribution_compare;
  std::string set, name;
  std::vector<AssemblyIdentity> any_of;
  std::vector<Parent> nested;  // AND of this and these (2.3)
};

// `applicable/detectUpdate`: another update or package has to be present.
struct DetectUpdate {
  std::vector<std::string> updates;  // names
  std::vector<Parent> parents;
};

struct Applicable {
  std::string disposition;
  std::vector<UpdateComponent> components;
  std::vector<UpdateComponent> drivers;
  std::vector<DetectUpdate> detect_updates;
};

struct Driver {
  AssemblyIdentity identity;
  std::string inf, ranking;
  bool device_install_required = false;
};

// `selectable`: an optional feature and the state it gets by default.
struct Selectable {
  std::string disposition;
  std::optional<bool> detect_none_default;
};

// A capability that a package declares or an update names.
struct Capability {
  std::string name, version, language;
};

struct Update {
  std::string name, display_name, description, restart;
  std::vector<Applicable> applicable;
  std::vector<AssemblyIdentity> components;  // deployments
  std::vector<Driver> drivers;
  std::vector<ChildPackage> packages;
  std::optional<Selectable> selectable;
  std::vector<Capability> capabilities;
};

struct PackageManifest {
  AssemblyIdentity identity;
  std::string description, display_name, company, copyright, support_information;
  std::string creation_time, last_update_time;  // as written, normally ISO 8601

  std::string identifier, release_type, restart, applicability_evaluation, permanence;
  std::string psf_name, target_partition, binary_partition;
  bool self_update = false;
  std::optional<AssemblyIdentity> installer_assembly;
  std::vector<Parent> parents;  // OR
  std::vector<Update> updates;
  std::vector<Capability> declared_capabilities;
  // All attributes of customInformation, names as written: PackageFormat, PSFXVersion, LPType...
  std::vector<std::pair<std::string, std::string>> custom_information;
  std::optional<bool> completely_offline_capable;
  std::string package_size;  // as written

  // Value of a customInformation attribute, "" when absent; the name in any case.
  std::string custom(std::string_view attribute) const;
  // "KB2780124" from identifier, supportInformation, description or name, in this order (8.4); ""
  // if none.
  std::string kb() const;
};

// The document is hostile: sizes, depth and counts are capped before anything is built (kLimit), a
// DOCTYPE is refused. Codes: XML that is not well formed is kCorrupt with 0x800F0900; an element or
// comparison attribute that is not known 0x800F080D; a missing attribute 0x800F0810, a missing
// element 0x800F0811; a repeated attribute 0x800F080E, a repeated single element 0x800F080F; two
// updates of one name 0x800F0819. Messages carry element path, line and byte offset.
Result<PackageManifest> ParsePackage(ByteView xml);

}  // namespace ww::manifest
