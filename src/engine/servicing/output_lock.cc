#include "output_lock.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "recovery.h"
#include "wimwright/base/text.h"

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

// The file holds one line of this length; it tells a second job who is in its way, and its random
// part tells the holder that the file he locked is still the one of that name.
constexpr std::size_t kRecordSize = 160;

std::string MakeRecord(const Clock& clock) {
  auto line = fmt::format("{} process {} on {} since {}", RandomHex(8), ::getpid(), HostName(),
                          FormatFileTime(ToFileTime(clock.Now())));
  line.resize(kRecordSize - 1, ' ');
  line.push_back('\n');
  return line;
}

std::string ReadRecord(const File& file) {
  std::string record(kRecordSize, ' ');
  const auto read = file.ReadAt(0, std::as_writable_bytes(std::span(record)));
  return read ? record : std::string();
}

Error Busy(const stdfs::path& lock_path, const File& file) {
  const auto record = ReadRecord(file);
  const auto blank = record.find(' ');
  std::string holder = blank == std::string::npos ? "" : std::string(Trim(record.substr(blank)));
  if (holder.empty()) holder = "another process";
  return Error{Code::kBusy,
               fmt::format("another job writes this output: {} ({})", holder, lock_path.string()),
               "Wait until that job has finished, or choose another output.", 0};
}

Result<std::unique_ptr<File>> OpenOrCreate(FileSystem& fs, const stdfs::path& path) {
  auto file = fs.Open(path, OpenMode::kReadWrite);
  if (file || file.error().code != Code::kNotFound) return file;
  return fs.CreateNew(path);
}

}  // namespace

Result<OutputLock> OutputLock::Take(FileSystem& fs, const stdfs::path& output, const Clock& clock) {
  const auto path = LockPath(output);
  // The file may be removed by its last holder between our opening and our locking it; then the
  // lock is worth nothing. Each turn of the loop needs another job to have ended in between.
  constexpr int kAttempts = 32;
  for (int i = 0; i < kAttempts; ++i) {
    auto file = OpenOrCreate(fs, path);
    if (!file && file.error().code == Code::kConflict) continue;  // somebody was faster: open his
    if (!file) return Fail(file.error().Within("locking the output"));
    if (auto locked = (*file)->LockExclusive(); !locked) {
      if (locked.error().code == Code::kBusy) return Fail(Busy(path, **file));
      return Fail(locked.error().Within("locking the output"));
    }
    const auto record = MakeRecord(clock);
    if (auto written = (*file)->WriteAt(0, AsBytes(record)); !written) {
      static_cast<void>(fs.Remove(path));
      return Fail(written.error().Within("locking the output"));
    }
    auto again = fs.Open(path, OpenMode::kRead);
    if (again && ReadRecord(**again) == record) return OutputLock(fs, path, std::move(*file));
    if (!again && again.error().code != Code::kNotFound) {
      static_cast<void>(fs.Remove(path));
      return Fail(again.error().Within("locking the output"));
    }
  }
  return Fail(Error{Code::kBusy, fmt::format("{} changes hands all the time", path.string()),
                    "Try again when fewer jobs write this output.", 0});
}

OutputLock::~OutputLock() {
  // Removed while still locked: who opens it now finds the lock taken, who comes later makes his
  // own.
  if (file_ != nullptr) static_cast<void>(fs_->Remove(path_));
}

}  // namespace ww::servicing
