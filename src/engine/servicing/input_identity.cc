#include "input_identity.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace ww::servicing {

Result<InputIdentity> IdentityOf(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return Fail(errno == ENOENT || errno == ENOTDIR ? Code::kNotFound : Code::kIo,
                fmt::format("{}: {}", path.string(), std::strerror(errno)));
  }
  if (!S_ISREG(info.st_mode)) {
    return Fail(Code::kUsage, fmt::format("{} is not a regular file", path.string()));
  }
  InputIdentity out;
  out.device = info.st_dev;
  out.inode = info.st_ino;
  out.size = static_cast<std::uint64_t>(info.st_size);
  out.modified_seconds = info.st_mtim.tv_sec;
  out.modified_nanoseconds = info.st_mtim.tv_nsec;
  return out;
}

Status CheckUnchanged(const std::filesystem::path& path, const InputIdentity& planned) {
  const auto now = IdentityOf(path);
  if (now && *now == planned) return {};
  return Fail(Error{
      Code::kConflict, fmt::format("{} was changed by somebody else during the job", path.string()),
      "Let nothing write to the image while it is serviced, and run the job again.", 0});
}

}  // namespace ww::servicing
