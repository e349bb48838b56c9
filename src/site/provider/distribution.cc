#include "wimwright/provider/distribution.h"

#include <fmt/format.h>

#include "wimwright/provider/references.h"
#include "wimwright/provider/status_messages.h"

namespace ww::provider {
namespace {

using cim::Instance;

// SMS_DistributionPoint.Status and SMS_PackageStatusDistPointsSummarizer.State.
enum Assignment : std::uint32_t { kUpdated = 1, kAdded = 2, kDeleted = 3 };
enum ContentState : std::uint32_t { kInstalled = 0, kInstallPending = 1, kRemovalPending = 4 };

Status SetState(Call& call, const Instance& package, std::string_view nal_path,
                ContentState state) {
  WW_TRY(
      auto found,
      call.store.FindOne("SMS_PackageStatusDistPointsSummarizer",
                         {{"PackageID", package["PackageID"]}, {"ServerNALPath", Text(nal_path)}}),
      "state");
  if (!found) {
    WW_TRY(found, call.store.Make("SMS_PackageStatusDistPointsSummarizer"), "state");
    found->SetRaw("PackageID", package["PackageID"]);
    found->SetRaw("ServerNALPath", Text(nal_path));
    found->SetRaw("SiteCode", call.SiteCode());
    found->SetRaw("SourceVersion", Number(0));
    found->SetRaw("SourceNALPath", Text(NalPathOf(call.site(), call.site().server_name)));
  }
  found->SetRaw("PackageType", package["PackageType"]);
  found->SetRaw("SecuredTypeID", Number(ObjectTypeOf(package.cls())));
  found->SetRaw("SecureObjectID", package["PackageID"]);
  found->SetRaw("State", Number(state));
  found->SetRaw("SummaryDate", call.Now());
  return call.store.Save(*found);
}

}  // namespace

Status AssignToDistributionPoint(Call& call, const Instance& package, std::string_view nal_path) {
  const auto id = package["PackageID"].TextOr("");
  WW_TRY(const auto point,
         call.store.FindOne("SMS_DistributionPointInfo", {{"NALPath", Text(nal_path)}}), "point");
  if (!point) return Missing(fmt::format("there is no distribution point {}", nal_path));
  WW_TRY(auto row,
         call.store.FindOne("SMS_DistributionPoint",
                            {{"PackageID", Text(id)}, {"ServerNALPath", Text(nal_path)}}),
         "assignment");
  if (!row) {
    WW_TRY(row, call.store.Make("SMS_DistributionPoint"), "assignment");
    row->SetRaw("PackageID", Text(id));
    row->SetRaw("ServerNALPath", (*point)["NALPath"]);
    row->SetRaw("SiteCode", call.SiteCode());
    row->SetRaw("SiteName", Text(call.site().site_name));
    row->SetRaw("SourceSite", call.SiteCode());
    row->SetRaw("ResourceType", (*point)["ResourceType"]);
    row->SetRaw("RefreshNow", Flag(false));
  }
  row->SetRaw("PackageType", package["PackageType"]);
  row->SetRaw("ObjectTypeID", Number(ObjectTypeOf(package.cls())));
  row->SetRaw("SecureObjectID", Text(id));
  row->SetRaw("LastRefreshTime", call.Now());
  row->SetRaw("Status", Number(kAdded));
  WW_RETURN_IF_ERROR(call.store.Save(*row));
  WW_RETURN_IF_ERROR(SetState(call, package, nal_path, kInstallPending));
  call.ContentChanged(id);
  return {};
}

Status UnassignFromDistributionPoint(Call& call, std::string_view package_id,
                                     std::string_view nal_path) {
  WW_TRY(auto row,
         call.store.FindOne("SMS_DistributionPoint",
                            {{"PackageID", Text(package_id)}, {"ServerNALPath", Text(nal_path)}}),
         "assignment");
  if (!row) return Missing(fmt::format("{} is not assigned to {}", package_id, nal_path));
  row->SetRaw("Status", Number(kDeleted));
  WW_RETURN_IF_ERROR(call.store.Save(*row));
  WW_TRY(const auto package, PackageOf(call, package_id), "package");
  WW_RETURN_IF_ERROR(SetState(call, package, nal_path, kRemovalPending));
  call.ContentChanged(std::string(package_id));
  return {};
}

Status ForgetPackage(Call& call, std::string_view package_id) {
  for (const auto& [name, key] :
       {std::pair{"SMS_DistributionPoint", "PackageID"},
        std::pair{"SMS_PackageStatusDistPointsSummarizer", "PackageID"},
        std::pair{"SMS_PackageStatus", "PackageID"}, std::pair{"SMS_DPGroupPackages", "PkgID"}}) {
    WW_TRY_STATUS(call.store.DeleteAll(name, {{key, Text(package_id)}}).map([](std::uint64_t) {}),
                  name);
  }
  call.ContentChanged(std::string(package_id));
  return {};
}

Status MarkForDistribution(Call& call, const Instance& package) {
  WW_TRY(const auto rows,
         call.store.FindAll("SMS_DistributionPoint", {{"PackageID", package["PackageID"]}}),
         "assignments");
  for (auto row : rows) {
    if (row["Status"].UintOr(0) == kDeleted) continue;
    row.SetRaw("Status", Number(kUpdated));
    WW_RETURN_IF_ERROR(call.store.Save(row));
    WW_RETURN_IF_ERROR(SetState(call, package, row["ServerNALPath"].TextOr(""), kInstallPending));
  }
  call.ContentChanged(package["PackageID"].TextOr(""));
  return {};
}

}  // namespace ww::provider
