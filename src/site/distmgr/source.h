// The source of a package: which files it has, and whether they are still what they were.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/progress.h"
#include "wimwright/distmgr/versions.h"

namespace ww::distmgr {

// What the operating system says of a file. A file whose stamp is as it was has the content it had:
// every way to change bytes moves at least the time of change.
struct Stamp {
  std::uint64_t bytes = 0;
  std::int64_t modified = 0, changed = 0;  // nanoseconds since 1970
  std::uint64_t inode = 0;
  bool operator==(const Stamp&) const = default;
};

struct SourceFile {
  std::string path;  // inside the package
  std::filesystem::path place;
  Stamp stamp;
};

struct Source {
  std::filesystem::path root;  // the file itself, or the folder
  bool folder = false;
  std::vector<SourceFile> files;  // in the order of `path`
};

// kUnsupported: a place that this server cannot look into (a UNC path, a drive); kNotFound: none is
// named, or nothing is there; kUsage: something in it is neither a file nor a folder, or no image.
Result<Source> ListSource(const cim::Instance& package, const Cancellation& cancelled);
// Where a file of the package belongs in its source; nothing when the source is not on this server.
std::optional<std::filesystem::path> PlaceInSource(const cim::Instance& package,
                                                   std::string_view path_in_package);
// Files that WriteBack() has not given their name yet are called this way: no content of a package.
inline constexpr std::string_view kTemporaryPrefix = ".wimwright-";
bool IsOurTemporary(std::string_view name);
// kNotFound, kIo; kUsage for what is no plain file.
Result<Stamp> StampOf(const std::filesystem::path& file);

// What is remembered of files, inside a transaction: the content that was there under a stamp.
struct KnownFile {
  std::string place;
  content::ContentId id;
  Stamp stamp;
};
Result<std::map<std::string, KnownFile>> KnownFiles(provider::Call& call,
                                                    std::string_view package_id);
Status RememberFile(provider::Call& call, std::string_view package_id, std::string_view path,
                    const KnownFile& file);
Status ForgetFile(provider::Call& call, std::string_view package_id, std::string_view path);

}  // namespace ww::distmgr
