#include "publish.h"

#include <fmt/format.h>

#include <system_error>

namespace ww::servicing {

namespace stdfs = std::filesystem;

Result<stdfs::path> ResolveTarget(const stdfs::path& wanted) {
  std::error_code error;
  auto target = stdfs::weakly_canonical(wanted, error);
  if (error) target = wanted;
  if (stdfs::is_directory(target, error) || target.filename().empty()) {
    return Fail(Error{Code::kUsage, fmt::format("{} is a directory", target.string()),
                      "Name the image file to write.", 0});
  }
  const auto dir = target.parent_path();
  if (!dir.empty() && !stdfs::is_directory(dir, error)) {
    return Fail(Error{Code::kUsage, fmt::format("there is no directory {}", dir.string()),
                      "Create it, or choose another output.", 0});
  }
  return target;
}

Status PublishAs(const stdfs::path& target, TemporaryFile& temporary,
                 const std::function<Status()>& last_check, JobFileSystem& fs, Logger& log) {
  {
    WW_TRY(auto file, fs.Open(temporary.path(), OpenMode::kReadWrite), "publishing");
    WW_TRY_STATUS(file->Sync(), "publishing");
  }
  std::error_code error;
  const auto earlier = stdfs::status(target, error);
  if (!error && stdfs::exists(earlier)) {
    stdfs::permissions(temporary.path(), earlier.permissions(), error);  // as far as we may
  }
  WW_RETURN_IF_ERROR(last_check());
  WW_RETURN_IF_ERROR(fs.Check());
  fs.PassPointOfNoReturn();
  WW_TRY_STATUS(fs.Rename(temporary.path(), target), "publishing");
  temporary.Release();
  if (auto synced = fs.SyncDirectory(target.parent_path()); !synced) {
    // The output is new and proven; only a power failure now could bring the old one back.
    log.Warning("OfflineServicing", "{}", synced.error().message);
  }
  return {};
}

}  // namespace ww::servicing
