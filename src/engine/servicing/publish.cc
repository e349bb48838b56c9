#include "publish.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "wimwright/base/handle.h"

namespace ww::servicing {

namespace stdfs = std::filesystem;

namespace {

// An administrator's job must not take an image away from the service that owns it.
void KeepOwnerAndMode(const stdfs::path& earlier, const stdfs::path& file) {
  struct stat info {};
  if (::stat(earlier.c_str(), &info) != 0) return;
  // Never through a link that somebody who may write to the folder put in its place.
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return;
  constexpr auto kSame = static_cast<uid_t>(-1);
  if (::fchown(fd.get(), info.st_uid, info.st_gid) != 0) {
    static_cast<void>(!::fchown(fd.get(), kSame, info.st_gid));
  }
  static_cast<void>(!::fchmod(fd.get(), info.st_mode & 07777));  // fchown may have cleared bits
}

}  // namespace

Result<stdfs::path> ResolveTarget(const stdfs::path& wanted) {
  std::error_code error;
  if (stdfs::is_symlink(stdfs::symlink_status(wanted, error)) && !stdfs::exists(wanted, error)) {
    return Fail(Error{Code::kUsage,
                      fmt::format("{} is a symbolic link that leads nowhere", wanted.string()),
                      "Name the file that is to be written, or mend the link.", 0});
  }
  auto target = stdfs::weakly_canonical(wanted, error);
  if (error) target = wanted;
  if (stdfs::is_directory(target, error) || target.filename().empty()) {
    return Fail(Error{Code::kUsage, fmt::format("{} is a directory", target.string()),
                      "Name the image file to write.", 0});
  }
  // The rename at the end would put a file in the place of /dev/null.
  if (const auto status = stdfs::status(target, error);
      stdfs::exists(status) && !stdfs::is_regular_file(status)) {
    return Fail(Error{Code::kUsage, fmt::format("{} is not a regular file", target.string()),
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
  KeepOwnerAndMode(target, temporary.path());
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
