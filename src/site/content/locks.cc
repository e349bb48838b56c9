#include "locks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

namespace ww::content {
namespace {

namespace stdfs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{30'000};
constexpr const char* kLockName = "lock";

Status TryLock(File& file, LockKind kind) {
  return kind == LockKind::kShared ? file.LockShared() : file.LockExclusive();
}

std::string ScratchName() {
  char host[65] = {};
  if (::gethostname(host, sizeof(host) - 1) != 0) host[0] = 0;
  for (char& c : host) c = c == '/' ? '_' : c;
  std::random_device random;
  return fmt::format("{}-{}-{:08x}", host, ::getpid(), random());
}

}  // namespace

Result<std::unique_ptr<File>> TakeLock(FileSystem& fs, const stdfs::path& path, LockKind kind) {
  auto file = fs.Open(path, OpenMode::kReadWrite);
  if (!file && file.error().code == Code::kNotFound) {
    file = fs.CreateNew(path);
    if (!file && file.error().code == Code::kConflict) file = fs.Open(path, OpenMode::kReadWrite);
  }
  if (!file) return Fail(file.error());
  milliseconds waited{0};
  for (milliseconds pause{1};; pause = std::min(2 * pause, milliseconds(50))) {
    const auto locked = TryLock(**file, kind);
    if (locked) return file;
    if (locked.error().code != Code::kBusy || waited >= kPatience) return Fail(locked.error());
    std::this_thread::sleep_for(pause);
    waited += pause;
  }
}

Result<std::unique_ptr<ScratchFolder>> ScratchFolder::Make(FileSystem& fs,
                                                           const stdfs::path& parent) {
  // A cleaner that comes between the folder and its lock may take both away: then once more.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto path = parent / ScratchName();
    std::error_code error;
    stdfs::create_directories(path, error);
    if (error) return Fail(Code::kIo, fmt::format("{}: {}", path.string(), error.message()));
    auto lock = fs.CreateNew(path / kLockName);
    if (!lock && lock.error().code == Code::kNotFound) continue;
    if (!lock) return Fail(lock.error());
    const auto locked = (*lock)->LockExclusive();
    if (!locked && locked.error().code != Code::kBusy) return Fail(locked.error());
    if (!locked || !stdfs::exists(path / kLockName, error)) continue;
    return std::unique_ptr<ScratchFolder>(new ScratchFolder(path, *std::move(lock)));
  }
  return Fail(Code::kBusy, fmt::format("no folder can be made in {}", parent.string()));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  stdfs::remove_all(path_, ignored);
}

void RemoveDeadScratch(FileSystem& fs, const stdfs::path& parent, Logger& log) {
  std::error_code error;
  for (const auto& entry : stdfs::directory_iterator(parent, error)) {
    const auto lock = fs.Open(entry.path() / kLockName, OpenMode::kReadWrite);
    std::error_code ignored;
    if (!lock) {
      if (lock.error().code == Code::kNotFound) stdfs::remove(entry.path(), ignored);  // if empty
      continue;
    }
    if (!(*lock)->LockExclusive()) continue;  // its owner lives
    stdfs::remove_all(entry.path(), ignored);
    if (ignored) {
      log.Warning("ContentLibrary", "{} stays: {}", entry.path().string(), ignored.message());
    } else {
      log.Info("ContentLibrary", "removed what a process left in {}", entry.path().string());
    }
  }
}

}  // namespace ww::content
