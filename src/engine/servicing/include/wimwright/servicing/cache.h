// The payload cache seen from outside: what lies in a folder, and removing it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/log.h"

namespace ww::servicing {

inline constexpr std::uint64_t kDefaultCacheLimit = std::uint64_t{10} << 30;

class PayloadCache;

// What jobs of one process have compressed, for those after them: the packs of a cache folder, or
// without a folder the images that were published. Given to Apply(); one job at a time.
struct SharedPayload {
  SharedPayload();
  SharedPayload(SharedPayload&&) noexcept;
  SharedPayload& operator=(SharedPayload&&) noexcept;
  ~SharedPayload();
  std::unique_ptr<PayloadCache> cache;  // made by the first job
};

struct CachePack {
  std::filesystem::path path;
  std::uint64_t contents = 0;
  std::uint64_t bytes = 0;          // of the pack
  std::uint64_t content_bytes = 0;  // after decompression
  std::string compression;          // "LZX"
  std::uint32_t chunk_size = 0;
  TimePoint last_used{};
};

// Most recently used first. Unreadable packs are left out and logged. An absent folder is empty.
Result<std::vector<CachePack>> ShowCache(FileSystem& fs, const std::filesystem::path& dir,
                                         Logger& log);

struct PruneReport {
  std::uint64_t packs_removed = 0;
  std::uint64_t bytes_removed = 0;
  std::uint64_t bytes_left = 0;
};
// Removes packs, unused for longest first, until at most `limit` bytes are left; and what dead jobs
// left half written.
Result<PruneReport> PruneCache(FileSystem& fs, const std::filesystem::path& dir,
                               std::uint64_t limit, Logger& log);

}  // namespace ww::servicing
