// What the tests of this module share: folders that vanish, file systems that fail at step N, small
// images.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/log.h"
#include "wimwright/base/progress.h"
#include "wimwright/servicing/job.h"

namespace ww::servicing {

namespace stdfs = std::filesystem;

inline constexpr FileTime kNow = 133'485'408'000'000'000;

// A fresh directory, removed with everything in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const stdfs::path& path() const { return path_; }
  stdfs::path operator/(std::string_view name) const { return path_ / name; }

 private:
  stdfs::path path_;
};

// Names in a directory, sorted.
std::vector<std::string> Names(const stdfs::path& dir);
Sha256Digest HashFile(const stdfs::path& path);
void WriteWhole(const stdfs::path& path, std::string_view text);
std::string ReadWhole(const stdfs::path& path);
// A job in place writes what a job into a copy writes, and a rollback record before the tables:
// everything before it and the table that names it are equal.
void ExpectSameContent(const stdfs::path& copy, const stdfs::path& in_place);
void FlipByte(const stdfs::path& path, std::uint64_t offset);

// Runs a shell command; its exit status and everything it printed.
struct CommandResult {
  int status = -1;
  std::string output;
};
CommandResult Run(const std::string& command);
bool HaveProgram(std::string_view name);

// Counts every operation; the one with number `fail_at` fails with `code`, and with `stay_dead` all
// later ones too, as on a disk that was unplugged. `hook` is called before each operation.
class FailingFileSystem final : public FileSystem {
 public:
  explicit FailingFileSystem(FileSystem& inner) : inner_(inner) {}

  std::uint64_t fail_at = 0;  // 1-based; 0: never
  Code code = Code::kNoSpace;
  bool stay_dead = false;
  bool count_reads = true;
  std::function<void(std::uint64_t)> hook;
  std::optional<std::uint64_t> free_space;
  std::uint64_t operations() const { return operations_; }
  bool failed() const { return failed_; }

  Status Step(std::string_view what, bool is_read = false);

  Result<std::unique_ptr<File>> Open(const stdfs::path& path, OpenMode mode) override;
  Result<std::unique_ptr<File>> CreateNew(const stdfs::path& path) override;
  Result<std::unique_ptr<File>> CreateUnnamed(const stdfs::path& dir) override;
  Result<std::unique_ptr<File>> Clone(const stdfs::path& from, const stdfs::path& to) override;
  Status Rename(const stdfs::path& from, const stdfs::path& to) override;
  Status Remove(const stdfs::path& path) override;
  Status SyncDirectory(const stdfs::path& dir) override;
  Result<std::uint64_t> FreeSpace(const stdfs::path& dir) override;

 private:
  FileSystem& inner_;
  std::atomic<std::uint64_t> operations_{0};
  std::atomic<bool> failed_{false};
};

// A logger that keeps its lines.
class MemoryLogger final : public Logger {
 public:
  void Write(LogLevel level, std::string_view component, std::string_view message) override;
  std::string text() const { return text_; }

 private:
  std::string text_;
};

// Everything a job needs, with defaults.
struct Bench {
  FixedClock clock{FromFileTime(kNow)};
  MemoryLogger log;
  Cancellation cancel;
  FileSystem* fs = &RealFileSystem();
  Progress* progress = &NullProgress();
  Context context() { return Context{*fs, clock, log, *progress, cancel}; }
};

// Words of all updates of one index: "install, refused".
std::string Decisions(const JobReport& report, int index);
// For failed assertions.
std::string Describe(const JobReport& report);

}  // namespace ww::servicing
