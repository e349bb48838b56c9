// Finding the updates in a folder of downloads.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wimwright/cab/container.h"

namespace ww::cab {

struct FoundUpdate {
  std::filesystem::path path;
  ContainerKind kind;  // IsUpdate(kind), or kUnknown: damaged or unreadable, opening it fails
};
struct IgnoredFile {
  std::filesystem::path path;
  std::string reason;  // for a person
};
struct FoundUpdates {
  std::vector<FoundUpdate> updates;  // sorted by path
  std::vector<IgnoredFile> ignored;
};

// `path` is an update, or a folder that is searched for them: 16 levels and 100,000 entries at most
// (kLimit), no symbolic link to a folder is followed, an expanded package counts as one update and
// is not searched. In a folder, what is not an update goes to `ignored`. A damaged cabinet or WIM
// and a file that cannot be read go to `updates`: half a download must not be passed over. A file
// named directly must be an update, else kUnsupported or its own error.
Result<FoundUpdates> FindUpdates(FileSystem& fs, const std::filesystem::path& path);

}  // namespace ww::cab
