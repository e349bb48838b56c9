// Ends the process at the n-th step, as kill -9 does: file operations, readings of the clock (which
// every transaction begins with) and lines of the log are steps.
#pragma once

#include <unistd.h>

#include <atomic>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/log.h"

namespace ww::distmgr {

inline constexpr int kKilled = 9;

class Steps {
 public:
  explicit Steps(long last) : last_(last) {}
  void Step() const {
    if (++count_ == last_) ::_exit(kKilled);
  }

 private:
  const long last_;
  mutable std::atomic<long> count_{0};
};

class SteppingClock final : public Clock {
 public:
  SteppingClock(const Clock& real, const Steps& steps) : real_(real), steps_(steps) {}
  TimePoint Now() const override {
    steps_.Step();
    return real_.Now();
  }

 private:
  const Clock& real_;
  const Steps& steps_;
};

class SteppingLog final : public Logger {
 public:
  explicit SteppingLog(const Steps& steps) : steps_(steps) {}
  void Write(LogLevel, std::string_view, std::string_view) override { steps_.Step(); }

 private:
  const Steps& steps_;
};

class SteppingFile final : public File {
 public:
  SteppingFile(std::unique_ptr<File> real, const Steps& steps)
      : real_(std::move(real)), steps_(steps) {}
  Result<std::uint64_t> Size() const override { return real_->Size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    return real_->ReadAt(offset, out);
  }
  Status WriteAt(std::uint64_t offset, ByteView bytes) override {
    steps_.Step();
    return real_->WriteAt(offset, bytes);
  }
  Status Truncate(std::uint64_t size) override { return real_->Truncate(size); }
  Status Sync() override {
    steps_.Step();
    return real_->Sync();
  }
  void StartWriteback(std::uint64_t offset, std::uint64_t size) override {
    real_->StartWriteback(offset, size);
  }
  void WriteDirectly(bool on) override { real_->WriteDirectly(on); }
  Status LockExclusive() override { return real_->LockExclusive(); }
  Status LockShared() override { return real_->LockShared(); }

 private:
  std::unique_ptr<File> real_;
  const Steps& steps_;
};

class SteppingFileSystem final : public FileSystem {
 public:
  explicit SteppingFileSystem(const Steps& steps) : steps_(steps) {}
  Result<std::unique_ptr<File>> Open(const std::filesystem::path& path, OpenMode mode) override {
    return Wrap(RealFileSystem().Open(path, mode));
  }
  Result<std::unique_ptr<File>> CreateNew(const std::filesystem::path& path) override {
    steps_.Step();
    return Wrap(RealFileSystem().CreateNew(path));
  }
  Result<std::unique_ptr<File>> CreateUnnamed(const std::filesystem::path& dir) override {
    steps_.Step();
    return Wrap(RealFileSystem().CreateUnnamed(dir));
  }
  Result<std::unique_ptr<File>> Clone(const std::filesystem::path& from,
                                      const std::filesystem::path& to) override {
    steps_.Step();
    return Wrap(RealFileSystem().Clone(from, to));
  }
  Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    steps_.Step();
    auto done = RealFileSystem().Rename(from, to);
    steps_.Step();
    return done;
  }
  Status Remove(const std::filesystem::path& path) override {
    steps_.Step();
    return RealFileSystem().Remove(path);
  }
  Status SyncDirectory(const std::filesystem::path& dir) override {
    steps_.Step();
    return RealFileSystem().SyncDirectory(dir);
  }
  Result<std::uint64_t> FreeSpace(const std::filesystem::path& dir) override {
    return RealFileSystem().FreeSpace(dir);
  }

 private:
  Result<std::unique_ptr<File>> Wrap(Result<std::unique_ptr<File>> file) {
    if (!file) return file;
    return std::unique_ptr<File>(std::make_unique<SteppingFile>(*std::move(file), steps_));
  }
  const Steps& steps_;
};

}  // namespace ww::distmgr
