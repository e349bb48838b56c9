// The file system as one job sees it: every read and write is counted and is a point where a
// cancelled job stops.
#pragma once

#include <atomic>

#include "wimwright/base/file.h"
#include "wimwright/base/progress.h"

namespace ww::servicing {

// What the job read and wrote. Thread-safe.
struct Traffic {
  std::atomic<std::uint64_t> read{0};
  std::atomic<std::uint64_t> written{0};
};

// Passes everything on to `inner`, which must outlive it and all its files, as must the rest of the
// arguments. Thread-safe as far as `inner` is.
//
// Reading, writing, syncing, opening and copying answer kCancelled once that is requested, so that
// code below which knows nothing of cancellation stops too. Truncating, removing and renaming do
// not: they are how a cancelled job cleans up.
class JobFileSystem final : public FileSystem {
 public:
  JobFileSystem(FileSystem& inner, const Cancellation& cancel, Progress& progress)
      : inner_(inner), cancel_(cancel), progress_(progress) {}

  Result<std::unique_ptr<File>> Open(const std::filesystem::path& path, OpenMode mode) override;
  Result<std::unique_ptr<File>> CreateNew(const std::filesystem::path& path) override;
  Result<std::unique_ptr<File>> CreateUnnamed(const std::filesystem::path& dir) override;
  Result<std::unique_ptr<File>> Clone(const std::filesystem::path& from,
                                      const std::filesystem::path& to) override;
  // Clone(), or where that cannot be had a copy in pieces: cancellable, reporting progress, leaving
  // nothing behind when it fails.
  Status Copy(const std::filesystem::path& from, const std::filesystem::path& to);
  Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Status Remove(const std::filesystem::path& path) override;
  Status SyncDirectory(const std::filesystem::path& dir) override;
  Result<std::uint64_t> FreeSpace(const std::filesystem::path& dir) override;

  std::uint64_t bytes_read() const { return traffic_.read; }
  std::uint64_t bytes_written() const { return traffic_.written; }
  // The result becomes visible: from now on a request to cancel comes too late.
  void PassPointOfNoReturn() { final_ = true; }
  bool past_point_of_no_return() const { return final_; }
  Status Check() const { return final_ ? Status{} : cancel_.Check(); }
  Traffic& traffic() { return traffic_; }

 private:
  Result<std::unique_ptr<File>> Wrap(Result<std::unique_ptr<File>> file);

  FileSystem& inner_;
  const Cancellation& cancel_;
  Progress& progress_;
  Traffic traffic_;
  std::atomic<bool> final_{false};
};

// True when a copy of `from` in `to_dir` shares its blocks, as far as the kind of file system
// tells.
bool SharesBlocks(const std::filesystem::path& from, const std::filesystem::path& to_dir);

}  // namespace ww::servicing
