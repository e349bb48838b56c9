// Files behind an interface, so that a test can fail, stop or lose the n-th operation.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "wimwright/base/bytes.h"

namespace ww {

// One open file. Positional reads and writes only; safe to read from several threads at once.
class File {
 public:
  virtual ~File() = default;
  virtual Result<std::uint64_t> Size() const = 0;
  // Reads exactly out.size() bytes at `offset`; a short file is kCorrupt, an OS error kIo.
  virtual Status ReadAt(std::uint64_t offset, MutableByteView out) const = 0;
  // Writes all bytes; ENOSPC and EDQUOT are kNoSpace.
  virtual Status WriteAt(std::uint64_t offset, ByteView bytes) = 0;
  virtual Status Truncate(std::uint64_t size) = 0;
  // Data and size are on stable storage when this returns.
  virtual Status Sync() = 0;
  // Starts write-back of a range without waiting, so that Sync() has little left to do. A hint.
  virtual void StartWriteback(std::uint64_t offset, std::uint64_t size) = 0;
  // Writes of whole blocks from memory aligned to kDirectAlignment go past the page cache, where
  // the file system allows it: for gigabytes that nobody reads again soon. A hint; others work as
  // ever.
  virtual void WriteDirectly(bool /*on*/) {}
  // The same for reads, until the first one that is not of whole blocks.
  virtual void ReadDirectly(bool /*on*/) {}
  // Exclusive, not waiting: kBusy when another process holds it. libwim takes the same lock
  // (flock).
  virtual Status LockExclusive() = 0;
  virtual Status LockShared() = 0;
};

inline constexpr std::size_t kDirectAlignment = 4096;

enum class OpenMode { kRead, kReadWrite };

// Paths as the operating system has them. Every call names the path in its error.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> Open(const std::filesystem::path& path, OpenMode mode) = 0;
  // Fails with kConflict when the path exists.
  virtual Result<std::unique_ptr<File>> CreateNew(const std::filesystem::path& path) = 0;
  // An unnamed file in `dir` that vanishes with its descriptor, also after kill -9.
  virtual Result<std::unique_ptr<File>> CreateUnnamed(const std::filesystem::path& dir) = 0;
  // Makes `to` a copy of `from` that shares its blocks (reflink). kConflict when `to` exists;
  // kUnsupported, and nothing is left, where the file system cannot: CopyDirectly() then.
  virtual Result<std::unique_ptr<File>> Clone(const std::filesystem::path& from,
                                              const std::filesystem::path& to) = 0;
  // Atomic replacement of `to`.
  virtual Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  virtual Status Remove(const std::filesystem::path& path) = 0;
  virtual Status SyncDirectory(const std::filesystem::path& dir) = 0;
  virtual Result<std::uint64_t> FreeSpace(const std::filesystem::path& dir) = 0;
};

// The operating system's own. Stateless; lives as long as the process.
FileSystem& RealFileSystem();

// Copies the first `size` bytes, in pieces of a few megabytes, with direct writes where `target`
// can: filling the page cache with gigabytes that nobody reads costs more than the disk does.
// `on_piece` is told the length of every piece, and stops the copy with an error.
Status CopyDirectly(const File& source, File& target, std::uint64_t size,
                    const std::function<Status(std::uint64_t)>& on_piece);

// The whole of a file that is expected to be small; more than `limit` bytes is kLimit.
Result<Bytes> ReadFile(FileSystem& fs, const std::filesystem::path& path, std::uint64_t limit);

}  // namespace ww
