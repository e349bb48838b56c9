// Files inside a container as files of their own: in place where they are stored, else spooled
// once.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>

#include "wimwright/base/progress.h"
#include "wimwright/cab/members.h"

namespace ww::cab {

inline constexpr std::uint64_t kSpoolInMemory = 4ULL << 20;
inline constexpr std::uint64_t kMaxSpooled = 64ULL << 30;  // of one container

struct SpoolPlace {
  FileSystem* fs = nullptr;
  // Tried in this order for unnamed temporary files.
  std::vector<std::filesystem::path> folders;
  const Cancellation* cancellation = &NeverCancelled();
};

// The members `wanted` of `outer` as files, by index. What the container compresses is decompressed
// in one pass: small members to memory, larger ones to an unnamed temporary file.
Result<std::map<std::size_t, std::shared_ptr<const File>>> OpenNested(
    Members& outer, std::span<const std::size_t> wanted, const SpoolPlace& place);

// The whole of a small file; kLimit above `limit`.
Result<Bytes> ReadAll(const File& file, std::uint64_t limit);

}  // namespace ww::cab
