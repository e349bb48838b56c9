#include "version_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "rows.h"
#include "tables.h"
#include "wimwright/provider/distribution.h"
#include "wimwright/provider/references.h"

namespace ww::distmgr {
namespace {

using cim::Instance;
using database::Value;
using provider::Call;
using provider::Flag;
using provider::Number;
using provider::Text;

constexpr std::string_view kClass = "WW_ImageVersion";
constexpr std::size_t kMostFiles = 2'000'000;

Status Done(Result<std::uint64_t> changed) {
  return std::move(changed).map([](std::uint64_t) {});
}

Result<PackageVersion> FromInstance(Call& call, const Instance& row) {
  PackageVersion out;
  out.package_id = row["PackageID"].TextOr("");
  out.source_version = static_cast<std::uint32_t>(row["SourceVersion"].UintOr(0));
  if (const auto* date = row["Created"].AsDate()) out.created = *date;
  out.origin = static_cast<VersionOrigin>(row["Origin"].UintOr(1));
  out.run_id = row["RunID"].TextOr("");
  out.based_on = static_cast<std::uint32_t>(row["BasedOn"].UintOr(0));
  out.pinned = row["Pinned"].BoolOr(false);
  out.os_version = row["OSVersion"].TextOr("");
  out.bytes = row["Size"].UintOr(0);
  auto select = SelectFrom(kFilesTable, {"Path", "ContentID", "Bytes"},
                           {{"PackageID", out.package_id}, {"SourceVersion", out.source_version}});
  select.order = {{database::Expression::Column("Path"), false}};
  WW_TRY(const auto files, call.store.tx().Fetch(select, kMostFiles), "files of a version");
  for (const auto& file : files) {
    const auto id = content::ContentId::FromText(file[1].text());
    if (!id) return Fail(Code::kCorrupt, fmt::format("'{}' is no content id", file[1].text()));
    out.files.push_back(
        {std::string(file[0].text()), *id, static_cast<std::uint64_t>(file[2].integer())});
  }
  return out;
}

// What was current before is not any more.
Status NoneIsCurrent(Call& call, const cim::Value& package_id) {
  WW_TRY(auto rows,
         call.store.FindAll(kClass, {{"PackageID", package_id}, {"Current", Flag(true)}}),
         "current version");
  for (auto& row : rows) {
    row.SetRaw("Current", Flag(false));
    row.SetRaw("WriteBackPending", Flag(false));
    WW_RETURN_IF_ERROR(call.store.Save(row));
  }
  return {};
}

Status SaveFiles(Call& call, std::string_view id, std::uint32_t number,
                 const std::vector<PackageFile>& files) {
  std::vector<database::Row> rows;
  rows.reserve(files.size());
  for (const auto& file : files) {
    rows.push_back({Value(id), number, file.path, file.id.ToText(), file.bytes});
  }
  if (rows.empty()) return {};
  return Done(call.store.tx().Insert(
      kFilesTable, {"PackageID", "SourceVersion", "Path", "ContentID", "Bytes"}, rows));
}

}  // namespace

Result<std::optional<PackageVersion>> FindVersion(Call& call, std::string_view package_id,
                                                  std::uint32_t source_version) {
  WW_TRY(const auto row,
         call.store.FindOne(
             kClass, {{"PackageID", Text(package_id)}, {"SourceVersion", Number(source_version)}}),
         "version");
  if (!row) return std::optional<PackageVersion>();
  WW_TRY(auto version, FromInstance(call, *row), "version");
  return std::optional(std::move(version));
}

Result<std::optional<PackageVersion>> CurrentVersion(Call& call, std::string_view package_id) {
  WW_TRY(const auto package, provider::PackageOf(call, package_id), "package");
  const auto stored = package["StoredPkgVersion"].UintOr(0);
  if (stored == 0) return std::optional<PackageVersion>();
  return FindVersion(call, package_id, static_cast<std::uint32_t>(stored));
}

Result<std::vector<PackageVersion>> VersionsOf(Call& call, std::string_view package_id) {
  WW_TRY(const auto rows, call.store.FindAll(kClass, {{"PackageID", Text(package_id)}}),
         "versions");
  std::vector<PackageVersion> out;
  for (const auto& row : rows) {
    WW_TRY(auto version, FromInstance(call, row), "version");
    out.push_back(std::move(version));
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.source_version < b.source_version; });
  return out;
}

Status HoldVersion(Call& call, std::string_view package_id, std::uint32_t source_version,
                   std::string_view holder) {
  WW_TRY(const auto there,
         call.store.Count(
             kClass, {{"PackageID", Text(package_id)}, {"SourceVersion", Number(source_version)}}),
         "version");
  if (there == 0) {
    return provider::Missing(fmt::format("{} has no version {}", package_id, source_version));
  }
  return UpsertRow(
      call.store.tx(), kHoldsTable,
      {{"PackageID", package_id}, {"SourceVersion", source_version}, {"Holder", holder}});
}

Status ReleaseVersions(Call& call, std::string_view holder) {
  return DeleteRows(call.store.tx(), kHoldsTable, {{"Holder", holder}});
}

const PackageFile* ImageFileOf(const Instance& package, const std::vector<PackageFile>& files) {
  const auto type = provider::ObjectTypeOf(package.cls());
  if (type == provider::kTypeImagePackage) return files.size() == 1 ? files.data() : nullptr;
  if (type != provider::kTypeUpgradePackage) return nullptr;
  if (files.size() == 1 && files[0].path.find('/') == std::string::npos) return files.data();
  for (const auto& file : files) {
    if (cim::SameName(file.path, "sources/install.wim")) return &file;
  }
  return nullptr;
}

Result<std::uint32_t> NextVersionNumber(Call& call, const Instance& package) {
  auto last = std::max(package["SourceVersion"].UintOr(0), package["StoredPkgVersion"].UintOr(0));
  WW_TRY(const auto rows, call.store.FindAll(kClass, {{"PackageID", package["PackageID"]}}),
         "versions");
  for (const auto& row : rows) last = std::max(last, row["SourceVersion"].UintOr(0));
  return static_cast<std::uint32_t>(last + 1);
}

Status MakeCurrent(Call& call, Instance package, const NewVersion& version, std::uint32_t number,
                   const std::optional<provider::ImageProperties>& image,
                   std::string_view stored_path) {
  const auto id = package["PackageID"].TextOr("");
  WW_RETURN_IF_ERROR(NoneIsCurrent(call, package["PackageID"]));
  std::uint64_t bytes = 0;
  for (const auto& file : version.files) bytes += file.bytes;
  WW_TRY(auto row, call.store.Make(kClass), "version");
  row.SetRaw("PackageID", Text(id));
  row.SetRaw("SourceVersion", Number(number));
  row.SetRaw("ContentID",
             Text(version.files.size() == 1 ? version.files[0].id.ToText() : std::string()));
  row.SetRaw("FileCount", Number(version.files.size()));
  row.SetRaw("Size", Number(bytes));
  row.SetRaw("Created", call.Now());
  row.SetRaw("Origin", Number(static_cast<std::uint32_t>(version.origin)));
  row.SetRaw("BasedOn", Number(version.based_on));
  row.SetRaw("Pinned", Flag(version.pinned));
  row.SetRaw("Current", Flag(true));
  row.SetRaw("WriteBackPending", Flag(version.write_back));
  row.SetRaw("OSVersion", Text(image ? image->os_version : std::string()));
  row.SetRaw("RunID", Text(version.run_id));
  WW_RETURN_IF_ERROR(call.store.Insert(row));
  WW_RETURN_IF_ERROR(SaveFiles(call, id, number, version.files));

  package.SetRaw("SourceVersion", Number(number));
  package.SetRaw("StoredPkgVersion", Number(number));
  package.SetRaw("StoredPkgPath", Text(stored_path));
  package.SetRaw("SourceDate", call.Now());
  package.SetRaw("LastRefreshTime", call.Now());
  package.SetRaw("PackageSize", Number(bytes / 1024));
  if (image) {
    package.SetRaw("ImageProperty", Text(image->xml));
    package.SetRaw("ImageOSVersion", Text(image->os_version));
  }
  WW_RETURN_IF_ERROR(call.store.Save(package));
  if (version.write_back) {
    WW_RETURN_IF_ERROR(
        UpsertRow(call.store.tx(), kWriteBacksTable,
                  {{"PackageID", id}, {"SourceVersion", number}, {"Since", call.now.ToDmtf()}}));
    call.ContentChanged(id);
  } else {
    // What an earlier version wanted there is history.
    WW_RETURN_IF_ERROR(DeleteRows(call.store.tx(), kWriteBacksTable, {{"PackageID", id}}));
  }
  return version.update_points ? provider::MarkForDistribution(call, package) : Status();
}

Status ForgetVersion(Call& call, std::string_view package_id, std::uint32_t source_version) {
  const Cells key{{"PackageID", package_id}, {"SourceVersion", source_version}};
  WW_RETURN_IF_ERROR(DeleteRows(call.store.tx(), kFilesTable, key));
  WW_RETURN_IF_ERROR(DeleteRows(call.store.tx(), kHoldsTable, key));
  return Done(call.store.DeleteAll(
      kClass, {{"PackageID", Text(package_id)}, {"SourceVersion", Number(source_version)}}));
}

Status ForgetVersions(Call& call, std::string_view package_id) {
  for (const auto table : {kFilesTable, kHoldsTable, kSourcesTable, kWriteBacksTable}) {
    WW_RETURN_IF_ERROR(DeleteRows(call.store.tx(), table, {{"PackageID", package_id}}));
  }
  return Done(call.store.DeleteAll(kClass, {{"PackageID", Text(package_id)}}));
}

}  // namespace ww::distmgr
