// What an update file says of itself: its packages, and the scan metadata that a classic MSU
// carries. Nothing of the site is needed to know it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/base/hash.h"
#include "wimwright/cab/container.h"
#include "wimwright/cbs/update_content.h"

namespace ww::catalog {

struct LocalizedText {
  std::uint32_t locale = 1033;  // Windows' number of the language
  std::string title, description, info_url;
};

// A node of Microsoft's tree of categories.
struct Category {
  std::string type;  // "Company", "ProductFamily", "Product", "UpdateClassification"
  std::string id;    // GUID in lower case
  std::vector<std::pair<std::uint32_t, std::string>> titles;  // by locale
  std::string parent;                                         // GUID; empty: none is known

  std::string unique_id() const { return type + ":" + id; }  // CategoryInstance_UniqueID
  std::string title() const;                                 // English, else any; "" without one
};

// One CBS package of the file.
struct PackageDescription {
  std::string member;    // name of its cabinet inside the file; the file's own for a bare cabinet
  std::string identity;  // Name~Token~Arch~Language~Version
  std::string family;    // the same with version 0.0.0.0, in lower case
  std::string version;
  std::string kb;            // digits
  std::string architecture;  // "x86", "amd64", "arm64"
  std::string language;      // empty: neutral
  std::string release_type, restart, description, support_url;
  std::string created;               // ISO 8601 as written
  std::vector<std::string> targets;  // "10.0.14393": builds of the packages that must be present
  bool for_server = false, for_client = false;  // as far as the parents' names tell
  cbs::UpdateKind kind = cbs::UpdateKind::kOther;
};

// A file that the scan metadata names: for an MSU the cabinets inside it.
struct PayloadFile {
  std::string name;
  std::uint64_t bytes = 0;
  Sha1Digest sha1{};
  std::optional<Sha256Digest> sha256;
  std::string url;
};

struct UpdateDescription {
  std::string file_name;
  cab::ContainerKind container = cab::ContainerKind::kUnknown;
  std::uint64_t bytes = 0;
  Sha1Digest sha1{};
  Sha256Digest sha256{};

  std::vector<PackageDescription> packages;  // at least one
  std::size_t main = 0;  // the package that gives the update its name: not the stack beside it

  // CI_UniqueID: the update's GUID where scan metadata has one, else the main package's identity.
  std::string unique_id;
  std::uint32_t revision = 0;
  std::string article;   // digits of the KB number; may be empty
  std::string bulletin;  // "MS12-034"; may be empty
  std::string architecture;
  std::string severity;  // "Important"; empty: not stated
  std::string reboot;    // "CanRequestReboot", "AlwaysRequiresReboot", "NeverReboots"; or empty
  std::string created;   // ISO 8601
  std::string support_url;
  bool exclusive = false;            // has to be installed alone
  bool has_scan_metadata = false;    // texts are Microsoft's own
  std::vector<LocalizedText> texts;  // at least one, English first when there is one
  std::vector<Category> categories;  // and their parents
  std::vector<std::string> languages;
  std::vector<std::string> supersedes;  // GUIDs, from scan metadata
  std::vector<PayloadFile> payload;     // verified against the members of the file
  // What the engine cannot read of it: then it is no update for images. Empty: it can.
  std::optional<Error> engine_refusal;

  const PackageDescription& main_package() const { return packages[main]; }
};

struct DescribeOptions {
  std::string file_name = {};  // the name people know; empty: the path's own
  std::filesystem::path scratch_dir = {};
  const Cancellation* cancellation = nullptr;
};

// Reads the file once for its digests and once for its metadata; payload is not decompressed except
// where scan metadata states digests of it. kUnsupported and the like for what is no update
// (cab/update_package.h), kCorrupt, kVerificationFailed for a member that misses its stated digest,
// kCancelled.
Result<UpdateDescription> DescribeUpdate(FileSystem& fs, const std::filesystem::path& path,
                                         const DescribeOptions& options = {});

}  // namespace ww::catalog
