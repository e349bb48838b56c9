#include "small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "wimwright/base/file.h"
#include "wimwright/base/handle.h"

namespace ww::distribution {

Result<std::string> ReadText(const std::filesystem::path& path, std::uint64_t limit) {
  WW_TRY(const auto bytes, ReadFile(RealFileSystem(), path, limit), "reading");
  return std::string(AsText(bytes));
}

Status ReplaceText(const std::filesystem::path& path, std::string_view text, unsigned mode) {
  const auto temporary = path.string() + ".new";
  const auto failed = [&temporary] {
    return Fail(errno == ENOSPC ? Code::kNoSpace : Code::kIo,
                temporary + ": " + std::strerror(errno));
  };
  {
    // What a killed process left may have another mode: made anew.
    ::unlink(temporary.c_str());
    const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!fd) return failed();
    while (!text.empty()) {
      const auto count = ::write(fd.get(), text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return failed();
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(fd.get()) != 0) return failed();
  }
  WW_RETURN_IF_ERROR(RealFileSystem().Rename(temporary, path));
  return RealFileSystem().SyncDirectory(path.parent_path());
}

}  // namespace ww::distribution
