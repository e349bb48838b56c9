// Writing a small result: all of it under its name, or nothing.
#pragma once

#include <filesystem>

#include "wimwright/base/bytes.h"
#include "wimwright/base/file.h"

namespace ww::cli {

// Replaces `path` atomically. kUsage for what is there and no regular file: /dev/null must remain.
// On failure an earlier file of that name is as it was.
Status WriteWhole(FileSystem& fs, const std::filesystem::path& path, ByteView bytes);

}  // namespace ww::cli
