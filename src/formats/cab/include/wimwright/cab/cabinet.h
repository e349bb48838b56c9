// The plain containers: one cabinet, or one expanded folder, as Members.
#pragma once

#include <filesystem>
#include <memory>

#include "wimwright/cab/members.h"

namespace ww::cab {

// Caps on what a cabinet may declare; beyond them kLimit.
inline constexpr std::uint64_t kMaxExpandedSize = 64ULL << 30;  // of one cabinet, all members

// Reads and checks the tables of the cabinet at the start of `file`; bytes after the declared end
// (an Authenticode signature) are ignored. kCorrupt, kLimit; kUnsupported for parts of a spanned
// set, overlapping members and names that are not ASCII without saying UTF-8.
Result<std::unique_ptr<Members>> OpenCabinet(std::shared_ptr<const File> file);

// The files below `folder`, sorted by name. Symbolic links and special files are kUnsupported.
// Listed through the operating system, read through `fs`, which must outlive the result.
Result<std::unique_ptr<Members>> OpenFolder(FileSystem& fs, const std::filesystem::path& folder);

// A read-only file over bytes, for containers that are in memory.
std::shared_ptr<const File> MakeMemoryFile(Bytes bytes);

}  // namespace ww::cab
