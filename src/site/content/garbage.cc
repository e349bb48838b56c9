// What the folder library has, and how it gets rid of it.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "folder_library.h"

namespace ww::content {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kMapSuffix = ".map";

// Files of FileLib with the id in their name; `suffix` is what follows it. A folder that cannot be
// read is an error: garbage collection by half a list would be harmless, a caller's would not.
Status ForEachFile(const Layout& layout, std::string_view suffix,
                   const std::function<Status(const ContentId&, const stdfs::path&)>& visit) {
  std::error_code error;
  for (stdfs::directory_iterator dir(layout.files(), error), end; !error && dir != end;
       dir.increment(error)) {
    std::error_code inner;
    for (stdfs::directory_iterator file(dir->path(), inner); !inner && file != end;
         file.increment(inner)) {
      const auto name = file->path().filename().string();
      if (!name.ends_with(suffix)) continue;
      const auto id = ContentId::FromText(name.substr(0, name.size() - suffix.size()));
      if (!id || layout.FolderOf(*id) != dir->path()) continue;
      WW_RETURN_IF_ERROR(visit(*id, file->path()));
    }
    if (inner && inner != std::errc::not_a_directory) {
      return Fail(Code::kIo, fmt::format("{}: {}", dir->path().string(), inner.message()));
    }
  }
  if (error)
    return Fail(Code::kIo, fmt::format("{}: {}", layout.files().string(), error.message()));
  return {};
}

// Added before `limit`; false when it is gone.
bool IsOlder(const stdfs::path& path, TimePoint limit) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return false;
  const auto added = TimePoint(std::chrono::seconds(info.st_mtim.tv_sec) +
                               std::chrono::nanoseconds(info.st_mtim.tv_nsec));
  return added < limit;
}

}  // namespace

Result<std::vector<StoredFile>> FolderLibrary::List() const {
  std::vector<StoredFile> out;
  WW_RETURN_IF_ERROR(ForEachFile(layout_, "", [&](const ContentId& id, const stdfs::path& path) {
    std::error_code gone;
    const auto size = stdfs::file_size(path, gone);
    if (!gone) out.push_back({id, size});
    return Status();
  }));
  std::ranges::sort(out, {}, &StoredFile::id);
  return out;
}

// The file before its map: a map alone is nothing, and garbage.
Status FolderLibrary::RemoveLocked(const ContentId& id) {
  auto& fs = *options_.fs;
  WW_RETURN_IF_ERROR(fs.Remove(layout_.FileOf(id)));
  const auto map = fs.Remove(layout_.MapOf(id));
  if (!map && map.error().code != Code::kNotFound) return map;
  return fs.SyncDirectory(layout_.FolderOf(id));
}

Status FolderLibrary::Remove(const ContentId& id) {
  WW_TRY(const auto lock, TakeLock(*options_.fs, layout_.lock(), LockKind::kExclusive),
         "content library");
  WW_RETURN_IF_ERROR(RemoveLocked(id));
  options_.log->Info("ContentLibrary", "removed {}", id.ToText());
  return {};
}

Result<Garbage> FolderLibrary::CollectGarbage(const std::function<bool(const ContentId&)>& is_live,
                                              std::chrono::seconds grace) {
  const auto limit = options_.clock->Now() - grace;
  Garbage out;
  WW_TRY(const auto files, List(), "garbage collection");
  const auto map_or = [this](const ContentId& id, const stdfs::path& file) {
    std::error_code error;
    const auto map = layout_.MapOf(id);
    return stdfs::exists(map, error) ? map : file;
  };
  for (const auto& [id, bytes] : files) {
    const auto path = layout_.FileOf(id);
    if (!IsOlder(map_or(id, path), limit) || is_live(id)) continue;
    WW_TRY(const auto lock, TakeLock(*options_.fs, layout_.lock(), LockKind::kExclusive),
           "garbage collection");
    if (!IsOlder(map_or(id, path), limit)) continue;  // added again meanwhile
    WW_TRY_STATUS(RemoveLocked(id), "garbage collection");
    options_.log->Info("ContentLibrary", "removed {}: nothing refers to it", id.ToText());
    ++out.files;
    out.bytes += bytes;
  }
  // Maps whose file is gone: a process died between the two.
  WW_RETURN_IF_ERROR(
      ForEachFile(layout_, kMapSuffix, [&](const ContentId& id, const stdfs::path& path) -> Status {
        if (Has(id) || !IsOlder(path, limit)) return {};
        WW_TRY(const auto lock, TakeLock(*options_.fs, layout_.lock(), LockKind::kExclusive),
               "garbage collection");
        if (!Has(id)) static_cast<void>(options_.fs->Remove(path));
        return {};
      }));
  return out;
}

}  // namespace ww::content
