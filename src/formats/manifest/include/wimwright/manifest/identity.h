// Identities of components and packages, and every name that Windows derives from them: keyforms,
// winners, deployment keys, value names with hashes (windows-servicing.md 4 and 5.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wimwright/base/bytes.h"
#include "wimwright/manifest/version.h"

namespace ww::manifest {

// One `assemblyIdentity`. Text keeps the case in which it was written; compare with the functions
// below. Values that come from ParsePackage, ParseComponent or ParsePackageIdentity are safe in
// file and key names: no separators, no control characters outside `name`.
struct AssemblyIdentity {
  std::string name;
  Version version;
  bool has_version = false;
  std::string architecture;
  std::string language;  // "" = neutral; "*" in references to any resource language
  std::string public_key_token;
  std::string type;           // "win32", "driverUpdate", "dualModeDriver"...
  std::string type_name;      // typeName
  std::string version_scope;  // "nonSxS"
  std::string build_type;     // never part of a comparison or hash

  friend bool operator==(const AssemblyIdentity&, const AssemblyIdentity&) = default;
};

// H of 4.2 over the text as it stands. Non-ASCII UTF-8 is hashed as UTF-16 code units, which no
// public sample confirms.
std::uint64_t StringHash(std::string_view text);
std::uint64_t IdentityHash(const AssemblyIdentity& id);
std::uint64_t FamilyHash(const AssemblyIdentity& id);  // the same without version
std::string HashText(std::uint64_t hash);              // 16 lower-case hex digits

// amd64_name..name_token_version_culture_hash16, lower case: directory, manifest and key name
// (4.1).
std::string Keyform(const AssemblyIdentity& id);
// Name of the key below SideBySide\Winners (4.4).
std::string FamilyKey(const AssemblyIdentity& id);
// Name of the key below CanonicalData\Deployments, also behind `c!` (4.3).
std::string DeploymentKey(const AssemblyIdentity& id);
// Name of the key below ComponentDetect: the keyform of version 0.0.0.0 (4.4).
std::string ComponentDetectKey(const AssemblyIdentity& id);
// "Name, Culture=neutral, Version=...": data of `identity` and `appid` (5.2.1), written as ASCII
// without terminator. kUnsupported where the form is not known: a typeName, a non-ASCII character,
// or a comma or quote in a value.
Result<std::string> IdentityText(const AssemblyIdentity& id);

// Name~Token~Arch~Language~Version in the case given; neutral is the empty language (2.1).
std::string PackageIdentityString(const AssemblyIdentity& id);
// The same with version 0.0.0.0: names below PackageIndex and PackageDetect (5.3).
std::string PackageFamilyString(const AssemblyIdentity& id);
Result<AssemblyIdentity> ParsePackageIdentity(std::string_view text);

// Packages: name, token, architecture, language, in any case; type and scope do not count.
bool SameFamily(const AssemblyIdentity& a, const AssemblyIdentity& b);
bool EqualPackage(const AssemblyIdentity& a, const AssemblyIdentity& b);  // and the version
// Components: everything that the family hash covers, in any case.
bool SameComponentFamily(const AssemblyIdentity& a, const AssemblyIdentity& b);
bool EqualComponent(const AssemblyIdentity& a, const AssemblyIdentity& b);  // and the version

// "<identity string>.<update name>": how an update inside a package is referenced (2.1).
std::string UpdateReference(const AssemblyIdentity& package, std::string_view update_name);
// Value name `i!CBS_...`, `p!CBS_...` or `s!CBS_...` of an update reference (4.5). References of at
// most 60 characters are kUnsupported: how Windows writes those is not known.
Result<std::string> ReferenceValueName(char prefix, std::string_view reference);
// Data of such a value (5.2.2). `extra` is the elevate digit, or empty.
Bytes ReferenceBlob(std::string_view reference, std::string_view extra);
struct Reference {
  std::string reference;
  std::string extra;
};
Result<Reference> ParseReferenceBlob(ByteView blob);

// Value name `f!...` of a payload file (4.5). A name with a sub-directory or a non-ASCII character
// is kUnsupported: the form is not known.
Result<std::string> FileValueName(std::string_view file_name);
// File name below WinSxS\FileMaps of a token path such as `$$\System32` (4.6).
std::string FileMapsName(std::string_view token_path);

}  // namespace ww::manifest
