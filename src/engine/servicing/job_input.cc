#include "job_input.h"

#include <fmt/format.h>

#include <system_error>

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

std::uint64_t SizeOnDisk(const stdfs::path& path) {
  constexpr int kMaxEntries = 100000;
  std::error_code error;
  if (!stdfs::is_directory(path, error)) {
    const auto size = stdfs::file_size(path, error);
    return error ? 0 : size;
  }
  std::uint64_t sum = 0;
  int seen = 0;
  stdfs::recursive_directory_iterator entries(path, error);
  const stdfs::recursive_directory_iterator end;
  for (; !error && entries != end && ++seen < kMaxEntries; entries.increment(error)) {
    std::error_code ignored;
    if (!entries->is_regular_file(ignored)) continue;
    const auto size = entries->file_size(ignored);
    if (!ignored) sum += size;
  }
  return sum;
}

}  // namespace

Result<JobInput> OpenInput(const stdfs::path& path, JobFileSystem& fs, Logger& log) {
  JobInput input;
  WW_TRY(input.identity, IdentityOf(path), "opening the image");
  WW_TRY(input.lock, fs.Open(path, OpenMode::kRead), "opening the image");
  if (auto locked = input.lock->LockShared(); !locked) {
    if (locked.error().code == Code::kBusy) {
      return Fail(Error{Code::kBusy,
                        fmt::format("somebody writes to {} at this moment", path.string()),
                        "Wait until that job has finished, then run this one again.", 0});
    }
    log.Warning("OfflineServicing", "working without a lock: {}", locked.error().message);
    input.lock.reset();
  }
  WW_TRY(input.wim, wim::WimFile::Open(fs, path), "opening the image");
  input.header = input.wim->header();
  return input;
}

std::uint64_t PlanBytes(const JobOptions& options, const std::vector<int>& indexes,
                        const wim::WimFile& image) {
  std::uint64_t sum = 0;
  for (const auto& path : options.updates) sum += SizeOnDisk(path);
  const auto metadata = image.blobs().metadata();
  for (const int index : indexes) sum += metadata[static_cast<std::size_t>(index - 1)].where.size;
  return sum;
}

}  // namespace ww::servicing
