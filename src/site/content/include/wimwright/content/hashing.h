// SHA-256 and block hashes of a file in one pass, faster than SHA-256 alone: reading, SHA-256 and
// writing are threads of their own.
#pragma once

#include <functional>
#include <memory>

#include "wimwright/base/file.h"
#include "wimwright/base/progress.h"
#include "wimwright/content/block_map.h"

namespace ww::content {

// Content whose bytes somebody read in this process. Only HashContent() and ContentHasher make it
// from bytes; to claim it for other bytes is a bug.
using HashedContent = BlockMap;

// Hashes bytes that the caller brings in order. Not thread-safe.
//
//   while (more) { auto room = hasher.Next(); n = read into room; WW_TRY(hasher.Push(n)) }
//   hasher.Finish()
class ContentHasher {
 public:
  // `copy`: bytes are written there too, at the same offsets, past the page cache. Outlives this.
  explicit ContentHasher(File* copy = nullptr);
  ~ContentHasher();

  // Room for the next bytes: 1 MiB aligned to kDirectAlignment. Waits while all room is in use.
  MutableByteView Next();
  // The first `count` bytes of the room are the next ones of the file. Fails when a write failed.
  // Only the last piece may have a size that is no multiple of kDirectAlignment.
  Status Push(std::size_t count);
  // The same, but these bytes are in `copy` already: hashed, not written.
  Status PushWritten(std::size_t count);
  // Waits for everything. Once.
  Result<HashedContent> Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Of the whole file. With `copy` its bytes are written there as well (not synced).
Result<HashedContent> HashContent(const File& file, File* copy, Progress& progress,
                                  const Cancellation& cancellation);

}  // namespace ww::content
