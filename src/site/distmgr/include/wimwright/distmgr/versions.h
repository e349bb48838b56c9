// Versions of a package's content: immutable, numbered like SourceVersion, kept in the content
// library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/cim/datetime.h"
#include "wimwright/content/content_id.h"
#include "wimwright/provider/call.h"

namespace ww::distmgr {

struct PackageFile {
  std::string path;  // inside the package, '/' separators; an image has exactly one file
  content::ContentId id;
  std::uint64_t bytes = 0;
  bool operator==(const PackageFile&) const = default;
};

// Numbers of WW_ImageVersion.Origin.
enum class VersionOrigin : std::uint32_t {
  kSource = 1,     // taken from the package's source
  kServicing = 2,  // made by offline servicing
  kRollback = 3,   // the content of an earlier version again
};

struct PackageVersion {
  std::string package_id;
  std::uint32_t source_version = 0;
  cim::DateTime created;
  VersionOrigin origin = VersionOrigin::kSource;
  std::string run_id;          // of the servicing run that made it
  std::uint32_t based_on = 0;  // the version whose content was serviced or brought back; 0: none
  bool pinned = false;         // retention leaves it alone
  std::string os_version;      // of the first index; empty for what is no image
  std::uint64_t bytes = 0;     // of all files
  std::vector<PackageFile> files;  // in the order of their paths
};

// Inside the caller's transaction. No rights are asked: the caller has done that.

// The version that StoredPkgVersion names; nothing before the source was taken in.
Result<std::optional<PackageVersion>> CurrentVersion(provider::Call& call,
                                                     std::string_view package_id);
Result<std::optional<PackageVersion>> FindVersion(provider::Call& call, std::string_view package_id,
                                                  std::uint32_t source_version);
// Oldest first.
Result<std::vector<PackageVersion>> VersionsOf(provider::Call& call, std::string_view package_id);

// A version is kept while somebody holds it, whatever retention says: the servicing run `holder`
// while it works on it. Holding twice is holding once. kNotFound: there is no such version.
Status HoldVersion(provider::Call& call, std::string_view package_id, std::uint32_t source_version,
                   std::string_view holder);
Status ReleaseVersions(provider::Call& call, std::string_view holder);

}  // namespace ww::distmgr
