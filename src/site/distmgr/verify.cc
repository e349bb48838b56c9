// Hash validation of the library, and repair from sources.
#include <fmt/format.h>

#include <map>

#include "core.h"
#include "rows.h"
#include "tables.h"

namespace ww::distmgr {
namespace {

using content::ContentId;
using provider::Call;

constexpr std::size_t kMostRows = 10'000'000;

// Contents of versions, each with a package that has it.
Result<std::map<ContentId, std::string>> Contents(Core& core, std::string_view package_id) {
  std::map<ContentId, std::string> out;
  WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
    out.clear();
    Cells where;
    if (!package_id.empty()) where.emplace_back("PackageID", package_id);
    auto select = SelectFrom(kFilesTable, {"ContentID", "PackageID"}, where);
    select.distinct = true;
    WW_TRY(const auto rows, call.store.tx().Fetch(select, kMostRows), "contents");
    for (const auto& row : rows) {
      if (const auto id = ContentId::FromText(row[0].text())) {
        out.emplace(*id, std::string(row[1].text()));
      }
    }
    return {};
  }));
  return out;
}

// Where a source had this content when it was last read.
Result<std::vector<std::string>> PlacesOf(Core& core, const ContentId& id) {
  std::vector<std::string> out;
  WW_RETURN_IF_ERROR(core.Read([&](Call& call) -> Status {
    out.clear();
    WW_TRY(const auto rows,
           call.store.tx().Fetch(
               SelectFrom(kSourcesTable, {"SourcePath"}, {{"ContentID", id.ToText()}}), kMostRows),
           "sources");
    for (const auto& row : rows) out.emplace_back(row[0].text());
    return {};
  }));
  return out;
}

// Adding a file that is not what it should be does no harm: it is garbage under its own name.
Result<bool> Repair(Core& core, const ContentId& id, const Cancellation& cancelled) {
  WW_TRY(const auto places, PlacesOf(core, id), "repair");
  for (const auto& place : places) {
    const auto added = core.library().Add(place, NullProgress(), cancelled);
    if (added && added->id == id) {
      core.Info("Content {} was damaged and is repaired from {}", id.ToText(), place);
      return true;
    }
  }
  return false;
}

Status TellDamage(Core& core, const ContentId& id, const std::string& package_id) {
  core.Problem("Content {} of package {} is damaged in the content library, and no source has it",
               id.ToText(), package_id);
  return core.Transact([&](Call& call) {
    return RaiseMessage(call, 2302, {package_id, package_id, id.ToText()}, package_id, {}, 23);
  });
}

}  // namespace

Result<VerifyReport> VerifyContent(Core& core, std::string_view package_id,
                                   const Cancellation& cancelled) {
  WW_TRY(auto contents, Contents(core, package_id), "verification");
  if (package_id.empty()) {
    WW_TRY(const auto all, core.library().List(), "content library");
    for (const auto& file : all) contents.emplace(file.id, std::string());
  }
  VerifyReport report;
  for (const auto& [id, package] : contents) {
    const auto size = core.library().Size(id);
    const auto verified = core.library().Verify(id, NullProgress(), cancelled);
    if (verified) {
      ++report.files;
      report.bytes += size ? *size : 0;
      continue;
    }
    const auto code = verified.error().code;
    if (code != Code::kVerificationFailed && code != Code::kNotFound && code != Code::kCorrupt) {
      return Fail(verified.error());
    }
    if (package.empty() && code == Code::kNotFound) continue;  // garbage that just went
    WW_TRY(const auto repaired, Repair(core, id, cancelled), "repair");
    (repaired ? report.repaired : report.damaged).push_back(id);
    if (!repaired) WW_RETURN_IF_ERROR(TellDamage(core, id, package));
  }
  core.Info(
      "Content library: {} files with {} bytes are as they should be, {} repaired, {} damaged",
      report.files, report.bytes, report.repaired.size(), report.damaged.size());
  return report;
}

}  // namespace ww::distmgr
