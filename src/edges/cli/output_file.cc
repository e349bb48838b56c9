#include "output_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

namespace ww::cli {
namespace {

Status WriteAll(FileSystem& fs, const std::filesystem::path& path, ByteView bytes) {
  WW_TRY(const auto file, fs.CreateNew(path), "temporary file");
  WW_RETURN_IF_ERROR(file->WriteAt(0, bytes));
  return file->Sync();
}

}  // namespace

Status WriteWhole(FileSystem& fs, const std::filesystem::path& path, ByteView bytes) {
  std::error_code error;
  if (const auto status = std::filesystem::status(path, error);
      std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return Fail(Error{Code::kUsage, fmt::format("{} is not a regular file", path.string()),
                      "name a file; it is replaced as a whole", 0});
  }
  const auto partial =
      path.parent_path() / fmt::format(".{}.{}.partial", path.filename().string(), getpid());
  auto written = WriteAll(fs, partial, bytes);
  if (written) written = fs.Rename(partial, path);
  if (written) return fs.SyncDirectory(path.has_parent_path() ? path.parent_path() : ".");
  // What is left of the temporary file, if it got that far.
  if (auto removed = fs.Remove(partial); !removed && removed.error().code != Code::kNotFound) {
    return Fail(written.error().FollowedBy(removed.error()));
  }
  return written;
}

}  // namespace ww::cli
