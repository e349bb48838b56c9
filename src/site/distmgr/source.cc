#include "source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "rows.h"
#include "tables.h"
#include "wimwright/provider/image_properties.h"
#include "wimwright/provider/references.h"

namespace ww::distmgr {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kMostFiles = 500'000;
constexpr std::size_t kMostDepth = 60;
constexpr std::size_t kMostKnown = 2'000'000;
constexpr std::uint64_t kSourceNone = 1;  // PkgSourceFlag

std::int64_t Nanoseconds(const struct timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

tl::unexpected<Error> OsError(const stdfs::path& path, int why) {
  const auto code = why == ENOENT || why == ENOTDIR ? Code::kNotFound : Code::kIo;
  return Fail(Error{code, fmt::format("{}: {}", path.string(), std::strerror(why)),
                    code == Code::kNotFound ? "Bring the source back, or set PkgSourcePath."
                                            : "Let the server's user read it.",
                    code == Code::kNotFound ? 0x80070002 : 0x80070005});
}

Result<struct stat> Look(const stdfs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return OsError(path, errno);
  return info;
}

tl::unexpected<Error> NoPlainFile(const stdfs::path& path) {
  return Fail(Error{Code::kUsage, fmt::format("{} is neither a file nor a folder", path.string()),
                    "A source has no symbolic links, sockets or devices: put the files there.", 0});
}

Stamp StampFrom(const struct stat& info) {
  return {static_cast<std::uint64_t>(info.st_size), Nanoseconds(info.st_mtim),
          Nanoseconds(info.st_ctim), info.st_ino};
}

// Folders are visited with a list of our own, not by recursion.
Status ListFolder(Source& source, const Cancellation& cancelled) {
  std::vector<std::string> folders{""};
  while (!folders.empty()) {
    WW_RETURN_IF_ERROR(cancelled.Check());
    const auto folder = std::move(folders.back());
    folders.pop_back();
    const auto depth = std::count(folder.begin(), folder.end(), '/');
    if (static_cast<std::size_t>(depth) >= kMostDepth) {
      return Fail(Code::kLimit, fmt::format("{} is too deep", (source.root / folder).string()));
    }
    std::error_code error;
    stdfs::directory_iterator entries(source.root / folder, error);
    if (error) return OsError(source.root / folder, error.value());
    for (const stdfs::directory_iterator end; entries != end; entries.increment(error)) {
      if (error) return OsError(source.root / folder, error.value());
      const auto name = entries->path().filename().string();
      const auto inside = folder.empty() ? name : folder + "/" + name;
      WW_TRY(const auto info, Look(entries->path()), "source");
      if (S_ISDIR(info.st_mode)) {
        folders.push_back(inside);
        continue;
      }
      if (!S_ISREG(info.st_mode)) return NoPlainFile(entries->path());
      if (IsOurTemporary(name)) continue;
      if (source.files.size() >= kMostFiles) {
        return Fail(Code::kLimit,
                    fmt::format("{} has more than {} files", source.root.string(), kMostFiles));
      }
      source.files.push_back({inside, entries->path(), StampFrom(info)});
    }
  }
  std::sort(source.files.begin(), source.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return {};
}

bool IsWindowsPath(std::string_view path) {
  return path.starts_with("\\\\") ||
         (path.size() > 2 && std::isalpha(static_cast<unsigned char>(path[0])) != 0 &&
          path[1] == ':' && (path[2] == '\\' || path[2] == '/'));
}

// The place itself, with the rules of the provider for what a path may be.
Result<stdfs::path> RootOf(const cim::Instance& package) {
  const auto text = package["PkgSourcePath"].TextOr("");
  if (text.empty() || package["PkgSourceFlag"].UintOr(kSourceNone) == kSourceNone) {
    return Fail(Error{Code::kNotFound,
                      fmt::format("{} has no source", package["PackageID"].TextOr("")),
                      "Set PkgSourceFlag 2 and PkgSourcePath.", 0});
  }
  if (IsWindowsPath(text)) {
    return Fail(Error{Code::kUnsupported, fmt::format("this server cannot look into {}", text),
                      "Mount the share, and give the path that it has here.", 0x80070003});
  }
  if (text.front() != '/') {
    return Fail(Error{Code::kUsage, fmt::format("'{}' is no absolute path", text),
                      "Give PkgSourcePath from the root.", 0});
  }
  return stdfs::path(text);
}

bool IsImagePackage(const cim::Instance& package) {
  return provider::ObjectTypeOf(package.cls()) == provider::kTypeImagePackage;
}

}  // namespace

bool IsOurTemporary(std::string_view name) { return name.starts_with(kTemporaryPrefix); }

Result<Stamp> StampOf(const stdfs::path& file) {
  WW_TRY(const auto info, Look(file), "source");
  if (!S_ISREG(info.st_mode)) return NoPlainFile(file);
  return StampFrom(info);
}

Result<Source> ListSource(const cim::Instance& package, const Cancellation& cancelled) {
  Source out;
  WW_TRY(out.root, RootOf(package), "source");
  struct stat info {};
  // The place itself may be a link: an administrator named it. What is in it may not.
  if (::stat(out.root.c_str(), &info) != 0) return OsError(out.root, errno);
  if (S_ISDIR(info.st_mode) && IsImagePackage(package)) {
    const auto wim = provider::LocalWim(out.root.string());
    if (!wim) return Fail(Code::kUsage, fmt::format("{} is no image", out.root.string()));
    out.root = *wim;
    if (::stat(out.root.c_str(), &info) != 0) return OsError(out.root, errno);
  }
  if (S_ISDIR(info.st_mode)) {
    out.folder = true;
    WW_RETURN_IF_ERROR(ListFolder(out, cancelled));
    return out;
  }
  if (!S_ISREG(info.st_mode)) return NoPlainFile(out.root);
  out.files.push_back({out.root.filename().string(), out.root, StampFrom(info)});
  return out;
}

std::optional<stdfs::path> PlaceInSource(const cim::Instance& package, std::string_view path) {
  const auto root = RootOf(package);
  if (!root) return std::nullopt;
  std::error_code error;
  if (!stdfs::is_directory(*root, error)) return *root;
  if (IsImagePackage(package)) return provider::LocalWim(root->string());
  return *root / path;
}

Result<std::map<std::string, KnownFile>> KnownFiles(provider::Call& call,
                                                    std::string_view package_id) {
  WW_TRY(const auto rows,
         call.store.tx().Fetch(SelectFrom(kSourcesTable,
                                          {"Path", "SourcePath", "ContentID", "Bytes", "Modified",
                                           "Changed", "Inode"},
                                          {{"PackageID", package_id}}),
                               kMostKnown),
         "known files");
  std::map<std::string, KnownFile> out;
  for (const auto& row : rows) {
    const auto id = content::ContentId::FromText(row[2].text());
    if (!id) continue;
    out[std::string(row[0].text())] = {
        std::string(row[1].text()), *id,
        Stamp{static_cast<std::uint64_t>(row[3].integer()), row[4].integer(), row[5].integer(),
              static_cast<std::uint64_t>(row[6].integer())}};
  }
  return out;
}

Status RememberFile(provider::Call& call, std::string_view package_id, std::string_view path,
                    const KnownFile& file) {
  return UpsertRow(call.store.tx(), kSourcesTable,
                   {{"PackageID", package_id},
                    {"Path", path},
                    {"SourcePath", file.place},
                    {"ContentID", file.id.ToText()},
                    {"Bytes", file.stamp.bytes},
                    {"Modified", file.stamp.modified},
                    {"Changed", file.stamp.changed},
                    {"Inode", static_cast<std::int64_t>(file.stamp.inode)}});
}

Status ForgetFile(provider::Call& call, std::string_view package_id, std::string_view path) {
  return DeleteRows(call.store.tx(), kSourcesTable, {{"PackageID", package_id}, {"Path", path}});
}

}  // namespace ww::distmgr
