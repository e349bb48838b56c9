// Locks between processes, and the scratch folder that tells whether its owner lives.
#pragma once

#include <filesystem>
#include <memory>

#include "wimwright/base/file.h"
#include "wimwright/base/log.h"

namespace ww::content {

enum class LockKind { kShared, kExclusive };

// Held until the result is destroyed. Waits; kBusy after half a minute: holders need milliseconds.
Result<std::unique_ptr<File>> TakeLock(FileSystem& fs, const std::filesystem::path& path,
                                       LockKind kind);

// A folder below `parent` that belongs to this object. The destructor removes it; when the process
// dies, the next RemoveDeadScratch() does, because its lock is free.
class ScratchFolder {
 public:
  static Result<std::unique_ptr<ScratchFolder>> Make(FileSystem& fs,
                                                     const std::filesystem::path& parent);
  ~ScratchFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  ScratchFolder(std::filesystem::path path, std::unique_ptr<File> lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  std::unique_ptr<File> lock_;
};

void RemoveDeadScratch(FileSystem& fs, const std::filesystem::path& parent, Logger& log);

}  // namespace ww::content
