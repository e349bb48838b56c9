// Putting content back to a package's source: each file atomically, and never over something that
// nobody has seen.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>

#include "core.h"
#include "replacement.h"
#include "rows.h"
#include "source.h"
#include "tables.h"
#include "version_store.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/references.h"

namespace ww::distmgr {
namespace {

namespace stdfs = std::filesystem;
using cim::Instance;
using provider::Call;

constexpr std::size_t kMostLeftovers = 100'000;

tl::unexpected<Error> ChangedByOthers(const stdfs::path& place) {
  return Fail(
      Error{Code::kConflict,
            fmt::format("{} was changed by somebody else since it was last read", place.string()),
            "Refresh the package to take what is there, or put the file back.", 0});
}

Result<content::ContentId> IdOf(Core& core, const stdfs::path& place,
                                const Cancellation& cancelled) {
  WW_TRY(const auto file, core.options.files->Open(place, OpenMode::kRead), "source");
  WW_TRY(const auto hashed, content::HashContent(*file, nullptr, NullProgress(), cancelled),
         place.string());
  return hashed.file.id;
}

struct Target {
  Instance package;
  std::optional<KnownFile> known;
  std::vector<PackageVersion> versions;
  stdfs::path place;
};

Result<Target> TargetOf(Core& core, std::string_view package_id, std::string_view path) {
  std::optional<Target> out;
  WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
    WW_TRY(auto package, provider::PackageOf(call, package_id), "package");
    WW_TRY(auto known, KnownFiles(call, package_id), "known files");
    const auto place = PlaceInSource(package, path);
    if (!place) {
      return Fail(Code::kUnsupported, fmt::format("{} has no source on this server", package_id));
    }
    std::optional<KnownFile> file;
    // By its place: an image's file may have had another name in an earlier version.
    for (auto& [name, one] : known) {
      static_cast<void>(name);
      if (one.place == place->string()) file = one;
    }
    WW_TRY(auto versions, VersionsOf(call, package_id), "versions");
    out.emplace(Target{std::move(package), std::move(file), std::move(versions), *place});
    return {};
  }));
  return *std::move(out);
}

enum class Present { kIsThere, kMayBeReplaced };

// kConflict for content that is in no version: it would be lost.
Result<Present> Examine(Core& core, const Target& target, const PackageFile& content,
                        const Cancellation& cancelled) {
  const auto stamp = StampOf(target.place);
  if (!stamp) {
    if (stamp.error().code != Code::kNotFound) return Fail(stamp.error());
    return Present::kMayBeReplaced;  // it was removed: it comes back
  }
  if (target.known && target.known->stamp == *stamp) {
    return target.known->id == content.id ? Present::kIsThere : Present::kMayBeReplaced;
  }
  WW_TRY(const auto id, IdOf(core, target.place, cancelled), target.place.string());
  if (id == content.id) return Present::kIsThere;  // a server was killed after the rename
  if (target.known) {
    if (target.known->id == id) return Present::kMayBeReplaced;
    return ChangedByOthers(target.place);
  }
  // Nothing is remembered of it (it was taken in the moment it was written): what a version has is
  // not lost.
  for (const auto& version : target.versions) {
    for (const auto& file : version.files) {
      if (file.id == id) return Present::kMayBeReplaced;
    }
  }
  return ChangedByOthers(target.place);
}

Status RememberPlace(Core& core, const Target& target, const PackageFile& content,
                     Replacement* replacement) {
  WW_TRY(const auto stamp, StampOf(target.place), "source");
  const auto id = target.package["PackageID"].TextOr("");
  return core.Transact([&](Call& call) -> Status {
    if (replacement != nullptr) WW_RETURN_IF_ERROR(replacement->Complete(call));
    return RememberFile(call, id, content.path, {target.place.string(), content.id, stamp});
  });
}

// What the version does not have, and another version of ours had, goes.
Status RemoveOthers(Core& core, const Instance& package, const PackageVersion& version,
                    const Cancellation& cancelled) {
  WW_TRY(const auto source, ListSource(package, cancelled), "source");
  if (!source.folder) return {};
  std::map<std::string, KnownFile> known;
  WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
    WW_TRY(known, KnownFiles(call, version.package_id), "known files");
    return {};
  }));
  for (const auto& file : source.files) {
    const auto in_version = std::find_if(version.files.begin(), version.files.end(),
                                         [&](const auto& one) { return one.path == file.path; });
    if (in_version != version.files.end()) continue;
    const auto it = known.find(file.path);
    if (it == known.end() || !(it->second.stamp == file.stamp)) return ChangedByOthers(file.place);
    WW_RETURN_IF_ERROR(core.options.files->Remove(file.place));
    WW_RETURN_IF_ERROR(
        core.Transact([&](Call& call) { return ForgetFile(call, version.package_id, file.path); }));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Replacement>> DraftFileBack(Core& core, std::string_view package_id,
                                                   std::string_view path, std::uint64_t bytes) {
  WW_TRY(const auto target, TargetOf(core, package_id, path), package_id);
  auto draft =
      std::make_unique<Replacement>(core, target.package["PackageID"].TextOr(""), target.place);
  if (target.known && core.library().PathOf(target.known->id)) {
    WW_TRY(const auto copies_are_free, draft->CanClone(*core.library().PathOf(target.known->id)),
           "draft");
    if (copies_are_free) return Fail(Code::kUnsupported, "the library's file can be cloned");
  }
  WW_RETURN_IF_ERROR(draft->Begin(bytes));
  return draft;
}

Status WriteFileBack(Core& core, const PackageVersion& version, std::string_view path,
                     Progress& progress, const Cancellation& cancelled, Replacement* draft) {
  const auto content = std::find_if(version.files.begin(), version.files.end(),
                                    [&](const auto& file) { return file.path == path; });
  if (content == version.files.end()) {
    return Fail(Code::kNotFound, fmt::format("the version has no file {}", path));
  }
  WW_TRY(const auto target, TargetOf(core, version.package_id, path), version.package_id);
  WW_TRY(const auto present, Examine(core, target, *content, cancelled), version.package_id);
  if (present == Present::kIsThere) return RememberPlace(core, target, *content, nullptr);

  std::unique_ptr<File> locked;  // programs that work on a WIM lock it: not under their feet
  if (auto opened = core.options.files->Open(target.place, OpenMode::kRead)) {
    locked = *std::move(opened);
    WW_TRY_STATUS(locked->LockExclusive(), "package source");
  } else {
    std::error_code error;
    stdfs::create_directories(target.place.parent_path(), error);
  }
  const auto before = StampOf(target.place);
  Replacement own(core, target.package["PackageID"].TextOr(""), target.place);
  const bool drafted = draft != nullptr && draft->Is(target.place, *content);
  Replacement& replacement = drafted ? *draft : own;
  if (!drafted) WW_RETURN_IF_ERROR(own.Write(*content, progress, cancelled));
  WW_RETURN_IF_ERROR(replacement.Settle(content->bytes));
  const auto after = StampOf(target.place);
  if (before.has_value() != after.has_value() || (before && !(*before == *after))) {
    // Another server may have been quicker with the same.
    WW_TRY(const auto now, Examine(core, target, *content, cancelled), version.package_id);
    if (now == Present::kIsThere) return RememberPlace(core, target, *content, nullptr);
  }
  WW_RETURN_IF_ERROR(replacement.GiveName());
  WW_RETURN_IF_ERROR(RememberPlace(core, target, *content, &replacement));
  replacement.Completed();
  core.Info("Package {}: {} was written back to {}", version.package_id, path,
            target.place.string());
  return {};
}

Result<bool> WritePendingBack(Core& core, std::string_view package_id, Progress& progress,
                              const Cancellation& cancelled, Replacement* draft) {
  std::optional<PackageVersion> version;
  std::optional<Instance> package;
  WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
    version.reset();
    WW_TRY(const auto row,
           call.store.tx().FetchOne(
               SelectFrom(kWriteBacksTable, {"SourceVersion"}, {{"PackageID", package_id}})),
           "write-back");
    if (!row) return {};
    WW_TRY(package, provider::PackageOf(call, package_id), "package");
    WW_TRY(version, FindVersion(call, package_id, static_cast<std::uint32_t>((*row)[0].integer())),
           "version");
    return {};
  }));
  if (!version) return false;
  for (const auto& file : version->files) {
    WW_RETURN_IF_ERROR(cancelled.Check());
    WW_RETURN_IF_ERROR(WriteFileBack(core, *version, file.path, progress, cancelled, draft));
  }
  WW_RETURN_IF_ERROR(RemoveOthers(core, *package, *version, cancelled));
  WW_RETURN_IF_ERROR(core.Transact([&](Call& call) -> Status {
    WW_RETURN_IF_ERROR(
        DeleteRows(call.store.tx(), kWriteBacksTable,
                   {{"PackageID", package_id}, {"SourceVersion", version->source_version}}));
    WW_TRY(auto row,
           call.store.FindOne("WW_ImageVersion",
                              {{"PackageID", provider::Text(package_id)},
                               {"SourceVersion", provider::Number(version->source_version)}}),
           "version");
    if (!row) return {};
    row->SetRaw("WriteBackPending", provider::Flag(false));
    return call.store.Save(*row);
  }));
  return true;
}

Status DropWriteBack(Core& core, std::string_view package_id) {
  return core.Transact([&](Call& call) {
    return DeleteRows(call.store.tx(), kWriteBacksTable, {{"PackageID", package_id}});
  });
}

Status TrySourceWritable(Core& core, std::string_view package_id) {
  WW_TRY(
      const auto version,
      [&]() -> Result<PackageVersion> {
        std::optional<PackageVersion> current;
        WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
          WW_TRY(current, CurrentVersion(call, package_id), "current version");
          return {};
        }));
        if (!current) return Fail(Code::kNotFound, fmt::format("{} has no version", package_id));
        return *std::move(current);
      }(),
      "source");
  std::string path;
  std::optional<Instance> package;
  WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
    WW_TRY(package, provider::PackageOf(call, package_id), "package");
    const auto* image = ImageFileOf(*package, version.files);
    path = image != nullptr ? image->path : std::string();
    return {};
  }));
  const auto place = PlaceInSource(*package, path);
  if (!place) {
    return Fail(Code::kUnsupported, fmt::format("{} has no source on this server", package_id));
  }
  struct stat info {};
  if (::stat(place->c_str(), &info) == 0 && (info.st_mode & 0222) == 0) {
    return Fail(SourceNotWritable(*place, Error{Code::kIo, "nobody may write it", {}, 0}));
  }
  const auto probe = place->parent_path() / fmt::format("{}{}-{}", kTemporaryPrefix, package_id,
                                                        provider::NewGuid().substr(1, 8));
  if (auto made = core.options.files->CreateNew(probe); !made) {
    return Fail(SourceNotWritable(*place, made.error()));
  }
  WW_RETURN_IF_ERROR(core.options.files->Remove(probe));
  const auto opened = core.options.files->Open(*place, OpenMode::kRead);
  if (!opened) return {};  // it was removed meanwhile: it comes back
  return (*opened)->LockExclusive();
}

Status RemoveTemporaryFiles(Core& core) {
  std::vector<std::string> leftovers;
  WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
    leftovers.clear();
    WW_TRY(const auto rows,
           call.store.tx().Fetch(
               SelectFrom(kTemporaryTable, {"Path"}, {{"Server", core.options.server_id}}),
               kMostLeftovers),
           "leftovers");
    for (const auto& row : rows) leftovers.emplace_back(row[0].text());
    return {};
  }));
  for (const auto& path : leftovers) {
    const stdfs::path file(path);
    if (!IsOurTemporary(file.filename().string())) continue;
    std::error_code error;
    stdfs::remove(file, error);
    if (error) {
      core.Problem("{} is left over and cannot be removed: {}", path, error.message());
      continue;
    }
    core.Info("Removed {}, left over by a run that ended early", path);
    WW_RETURN_IF_ERROR(core.Transact([&](Call& call) {
      return DeleteRows(call.store.tx(), kTemporaryTable, {{"Path", path}});
    }));
  }
  return {};
}

}  // namespace ww::distmgr
