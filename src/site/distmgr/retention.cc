// Which versions stay, and what of the library nobody needs any more.
#include <fmt/format.h>

#include <set>
#include <unordered_set>

#include "core.h"
#include "rows.h"
#include "settings.h"
#include "tables.h"
#include "version_store.h"

namespace ww::distmgr {
namespace {

using provider::Call;

constexpr std::size_t kMostRows = 10'000'000;

// Versions that somebody needs whatever their age.
Result<std::set<std::uint32_t>> Needed(Call& call, std::string_view package_id) {
  std::set<std::uint32_t> out;
  for (const auto table : {kHoldsTable, kWriteBacksTable}) {
    WW_TRY(const auto rows,
           call.store.tx().Fetch(SelectFrom(table, {"SourceVersion"}, {{"PackageID", package_id}})),
           "versions in use");
    for (const auto& row : rows) out.insert(static_cast<std::uint32_t>(row[0].integer()));
  }
  WW_TRY(const auto sent,
         call.store.FindAll("WW_DistributionProgress", {{"PackageID", provider::Text(package_id)}}),
         "versions being sent");
  for (const auto& row : sent) {
    out.insert(static_cast<std::uint32_t>(row["SourceVersion"].UintOr(0)));
  }
  return out;
}

Result<bool> IsServiced(Call& call, std::string_view package_id) {
  WW_TRY(const auto running,
         call.store.Count(
             "SMS_ImageServicingProgress",
             {{"ImagePackageID", provider::Text(package_id)}, {"Status", cim::Value::Int(1)}}),
         "servicing");
  return running != 0;
}

}  // namespace

Status KeepLastVersions(Core& core, std::string_view package_id) {
  std::vector<std::uint32_t> forgotten;
  WW_RETURN_IF_ERROR(core.Transact([&](Call& call) -> Status {
    forgotten.clear();
    WW_TRY(const auto keep, VersionsToKeep(call, core.options), "retention");
    WW_TRY(const auto rows,
           call.store.FindAll("WW_ImageVersion", {{"PackageID", provider::Text(package_id)}}),
           "versions");
    if (rows.size() <= keep) return {};
    WW_TRY(const auto serviced, IsServiced(call, package_id), "servicing");
    if (serviced) return {};
    WW_TRY(const auto needed, Needed(call, package_id), "retention");
    std::vector<std::pair<std::uint32_t, bool>> versions;  // number, stays anyway
    for (const auto& row : rows) {
      const auto number = static_cast<std::uint32_t>(row["SourceVersion"].UintOr(0));
      versions.emplace_back(number, row["Current"].BoolOr(false) || row["Pinned"].BoolOr(false) ||
                                        needed.contains(number));
    }
    std::sort(versions.rbegin(), versions.rend());
    for (std::size_t i = keep; i < versions.size(); ++i) {
      if (versions[i].second) continue;
      WW_RETURN_IF_ERROR(ForgetVersion(call, package_id, versions[i].first));
      forgotten.push_back(versions[i].first);
    }
    return {};
  }));
  for (const auto number : forgotten) {
    core.Info("Package {}: version {} is no longer kept", package_id, number);
  }
  return {};
}

Result<content::Garbage> RemoveGarbage(Core& core, const Cancellation& cancelled) {
  WW_RETURN_IF_ERROR(cancelled.Check());
  std::unordered_set<content::ContentId, content::ContentIdHash> live;
  WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
    live.clear();
    auto select = SelectFrom(kFilesTable, {"ContentID"}, {});
    select.distinct = true;
    WW_TRY(const auto rows, call.store.tx().Fetch(select, kMostRows), "contents of versions");
    for (const auto& row : rows) {
      const auto id = content::ContentId::FromText(row[0].text());
      if (!id) return Fail(Code::kCorrupt, fmt::format("'{}' is no content id", row[0].text()));
      live.insert(*id);
    }
    for (const auto& user : core.options.content_users) {
      WW_RETURN_IF_ERROR(user(call, [&live](const content::ContentId& id) { live.insert(id); }));
    }
    return {};
  }));
  WW_TRY(const auto garbage,
         core.library().CollectGarbage(
             [&live](const content::ContentId& id) { return live.contains(id); },
             core.options.content_grace),
         "content library");
  core.Info("Content library: {} files with {} bytes were removed, {} are in use", garbage.files,
            garbage.bytes, live.size());
  return garbage;
}

}  // namespace ww::distmgr
