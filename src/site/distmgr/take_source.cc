// Taking a package's source into the content library as a version.
#include <fmt/format.h>

#include <chrono>

#include "core.h"
#include "rows.h"
#include "source.h"
#include "tables.h"
#include "version_store.h"
#include "wimwright/provider/references.h"

namespace ww::distmgr {
namespace {

using cim::Instance;
using provider::Call;

constexpr int kMostAttempts = 5;  // when the package is changed while its source is read
// File systems stamp with the time of the last tick: a change this soon after another one may leave
// no trace.
constexpr std::int64_t kTick = 20'000'000;

// What was true when the reading began.
struct Before {
  Instance package;
  std::optional<PackageVersion> current;
  std::map<std::string, KnownFile> known;

  std::uint64_t source_version() const { return package["SourceVersion"].UintOr(0); }
  std::uint64_t stored_version() const { return package["StoredPkgVersion"].UintOr(0); }
  // Somebody asked for the source to be read again, or it never was.
  bool wanted() const { return !current || stored_version() < source_version(); }
  bool Still(const Instance& now) const {
    for (const char* name :
         {"SourceVersion", "StoredPkgVersion", "PkgSourcePath", "PkgSourceFlag"}) {
      if (!(package[name] == now[name])) return false;
    }
    return true;
  }
};

Result<Before> ReadBefore(Core& core, std::string_view package_id) {
  std::optional<Before> out;
  WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
    WW_TRY(auto package, provider::PackageOf(call, package_id), "package");
    WW_TRY(auto current, CurrentVersion(call, package_id), "current version");
    WW_TRY(auto known, KnownFiles(call, package_id), "known files");
    out.emplace(Before{std::move(package), std::move(current), std::move(known)});
    return {};
  }));
  return *std::move(out);
}

bool JustChanged(const Stamp& stamp) {
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  return now - stamp.changed < kTick;
}

struct Taken {
  std::vector<PackageFile> files;
  std::vector<std::pair<std::string, KnownFile>> remember;
  std::vector<std::string> unsettled;  // what is remembered of these paths is of older content
};

Status TakeFile(Core& core, const SourceFile& file, Progress& progress,
                const Cancellation& cancelled, Taken& taken) {
  const bool fresh = JustChanged(file.stamp);
  auto stored = core.library().Add(file.place, progress, cancelled);
  if (!stored) {
    auto error = stored.error().Within(file.place.string());
    if (error.code == Code::kConflict) error.code = Code::kBusy;  // it changes while it is read
    return Fail(std::move(error));
  }
  WW_TRY(const auto after, StampOf(file.place), "source");
  if (!(after == file.stamp)) {
    return Fail(Error{Code::kBusy, fmt::format("{} changed while it was read", file.place.string()),
                      "It is tried again when nobody writes there.", 0});
  }
  taken.files.push_back({file.path, stored->id, stored->bytes});
  if (fresh) {
    taken.unsettled.push_back(file.path);
  } else {
    taken.remember.push_back({file.path, {file.place.string(), stored->id, after}});
  }
  return {};
}

// Files whose stamp is known are not read again.
Result<Taken> TakeFiles(Core& core, const Source& source, const Before& before, Progress& progress,
                        const Cancellation& cancelled) {
  Taken taken;
  for (const auto& file : source.files) {
    WW_RETURN_IF_ERROR(cancelled.Check());
    const auto known = before.known.find(file.path);
    if (!before.wanted() && known != before.known.end() && known->second.stamp == file.stamp &&
        known->second.place == file.place.string() && core.library().Renew(known->second.id)) {
      taken.files.push_back({file.path, known->second.id, file.stamp.bytes});
      continue;
    }
    WW_RETURN_IF_ERROR(TakeFile(core, file, progress, cancelled, taken));
  }
  return taken;
}

Status Remember(Call& call, std::string_view id, const Before& before, const Taken& taken) {
  for (const auto& [path, file] : taken.remember) {
    WW_RETURN_IF_ERROR(RememberFile(call, id, path, file));
  }
  for (const auto& path : taken.unsettled) WW_RETURN_IF_ERROR(ForgetFile(call, id, path));
  std::size_t i = 0;
  for (const auto& [path, file] : before.known) {
    static_cast<void>(file);
    while (i < taken.files.size() && taken.files[i].path < path) ++i;
    if (i < taken.files.size() && taken.files[i].path == path) continue;
    WW_RETURN_IF_ERROR(ForgetFile(call, id, path));
  }
  return {};
}

// False: the package was changed meanwhile, and what was read may not be what it is now.
Result<bool> Record(Core& core, const Before& before, const Taken& taken,
                    const std::optional<provider::ImageProperties>& image, std::uint32_t& number) {
  const auto id = before.package["PackageID"].TextOr("");
  bool recorded = false;
  WW_RETURN_IF_ERROR(core.Transact([&](Call& call) -> Status {
    recorded = false;
    WW_TRY(const auto package, provider::PackageOf(call, id), "package");
    if (!before.Still(package)) return {};
    if (before.stored_version() < before.source_version()) {
      number = static_cast<std::uint32_t>(before.source_version());
    } else {
      WW_TRY(number, NextVersionNumber(call, package), "version");
    }
    NewVersion version;
    version.package_id = id;
    version.origin = VersionOrigin::kSource;
    version.files = taken.files;
    version.write_back = false;
    version.update_points = false;  // whoever asked for it has said who is to get it
    WW_RETURN_IF_ERROR(
        MakeCurrent(call, package, version, number, image, StoredPathOf(core, version.files)));
    WW_RETURN_IF_ERROR(Remember(call, id, before, taken));
    call.ContentChanged(id);
    WW_RETURN_IF_ERROR(RaiseMessage(call, 2311, {package["Name"].TextOr(""), id}, id));
    WW_TRY(const auto points,
           call.store.Count("SMS_DistributionPoint", {{"PackageID", provider::Text(id)}}),
           "points");
    if (points == 0) {
      WW_RETURN_IF_ERROR(RaiseMessage(call, 2301, {package["Name"].TextOr(""), id}, id));
    }
    recorded = true;
    return {};
  }));
  return recorded;
}

Status TellBegin(Core& core, const Before& before) {
  const auto id = before.package["PackageID"].TextOr("");
  return core.Transact([&](Call& call) {
    return RaiseMessage(call, 2300, {before.package["Name"].TextOr(""), id}, id);
  });
}

// A write-back that is due comes first. One that cannot be done because somebody changed the source
// gives way to the source when somebody asked for it to be read.
Status FinishBefore(Core& core, const Before& before, std::string_view package_id,
                    Progress& progress, const Cancellation& cancelled) {
  const auto done = WritePendingBack(core, package_id, progress, cancelled);
  if (done) return {};
  if (done.error().code == Code::kConflict && before.wanted()) {
    return DropWriteBack(core, package_id);
  }
  return Fail(done.error());
}

}  // namespace

Result<PackageVersion> TakeSource(Core& core, std::string_view package_id, Progress& progress,
                                  const Cancellation& cancelled) {
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    WW_TRY(auto before, ReadBefore(core, package_id), package_id);
    WW_RETURN_IF_ERROR(FinishBefore(core, before, package_id, progress, cancelled));
    WW_TRY(before, ReadBefore(core, package_id), package_id);
    WW_TRY(const auto source, ListSource(before.package, cancelled), package_id);
    const auto path = before.package["PkgSourcePath"].TextOr("");
    if (before.wanted()) {
      core.Info("Taking package {} from source {}", package_id, path);
      WW_RETURN_IF_ERROR(TellBegin(core, before));
    }
    WW_TRY(const auto taken, TakeFiles(core, source, before, progress, cancelled), package_id);
    if (!before.wanted() && taken.files == before.current->files) {
      if (!taken.remember.empty()) {
        WW_RETURN_IF_ERROR(core.Transact(
            [&](Call& call) { return Remember(call, before.current->package_id, before, taken); }));
      }
      return *std::move(before.current);
    }
    WW_TRY(const auto image, ImageOfVersion(core, before.package, taken.files), package_id);
    std::uint32_t number = 0;
    WW_TRY(const auto recorded, Record(core, before, taken, image, number), package_id);
    if (!recorded) continue;
    std::optional<PackageVersion> version;
    WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
      WW_TRY(version, FindVersion(call, package_id, number), "version");
      return {};
    }));
    if (!version) continue;  // the package was deleted
    core.Info("Package {} has version {}: {} files, {} bytes", package_id, number,
              version->files.size(), version->bytes);
    return *std::move(version);
  }
  return Fail(Error{Code::kBusy, fmt::format("{} is being changed all the time", package_id),
                    "Try again when nobody edits it.", 0});
}

}  // namespace ww::distmgr
