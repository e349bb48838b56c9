// Distribution points, their groups, and the views of what is where.
#include <fmt/format.h>

#include <map>

#include "bind.h"
#include "wimwright/provider/distribution.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/references.h"
#include "wimwright/provider/status_messages.h"

namespace ww::provider {
namespace {

using cim::Instance;

constexpr std::uint64_t kDeleted = 3;

Result<Guard> GuardOfPackage(Call& call, const Instance& row) {
  const auto* id = row.Find("PackageID");
  if (id == nullptr) id = row.Find("PkgID");
  const auto text = id != nullptr ? id->TextOr("") : "";
  WW_TRY(const auto package,
         call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", Text(text)}}), "package");
  return Guard{package ? ObjectTypeOf(package->cls()) : kTypeImagePackage, text};
}

// Put of SMS_DistributionPoint: the documented way to send a package somewhere.
Status CreateAssignment(Call& call, Instance& made) {
  WW_TRY(const auto package, PackageOf(call, made["PackageID"].TextOr("")), "PackageID");
  if (made["SiteCode"].TextOr("").empty()) made.SetRaw("SiteCode", call.SiteCode());
  made.SetRaw("RefreshNow", Flag(false));
  WW_RETURN_IF_ERROR(AssignToDistributionPoint(call, package, made["ServerNALPath"].TextOr("")));
  WW_TRY(const auto row,
         call.store.FindOne("SMS_DistributionPoint", {{"PackageID", made["PackageID"]},
                                                      {"ServerNALPath", made["ServerNALPath"]}}),
         "assignment");
  if (!row) return Fail(Code::kInternal, "the assignment is not there");
  made = *row;
  // Written already; the caller writes it once more under the same key.
  return call.store
      .DeleteAll("SMS_DistributionPoint",
                 {{"PackageID", made["PackageID"]}, {"ServerNALPath", made["ServerNALPath"]}})
      .map([](std::uint64_t) {});
}

Status UpdateAssignment(Call& call, const Instance& before, Instance& changed,
                        const Instance& sent) {
  changed.SetRaw("RefreshNow", Flag(false));
  if (!sent["RefreshNow"].BoolOr(false) && before["Status"].UintOr(0) != kDeleted) return {};
  WW_TRY(const auto package, PackageOf(call, before["PackageID"].TextOr("")), "PackageID");
  WW_RETURN_IF_ERROR(AssignToDistributionPoint(call, package, before["ServerNALPath"].TextOr("")));
  changed.SetRaw("Status", Number(2));
  changed.SetRaw("LastRefreshTime", call.Now());
  return {};
}

Status SavedAssignment(Call& call, const Instance& row, bool created) {
  const auto id = row["PackageID"].TextOr("");
  return Audit(call, created ? 30009 : 30010, {id, row["ServerNALPath"].TextOr("")}, id);
}

Result<bool> RemoveAssignment(Call& call, const Instance& row) {
  const auto id = row["PackageID"].TextOr("");
  WW_RETURN_IF_ERROR(UnassignFromDistributionPoint(call, id, row["ServerNALPath"].TextOr("")));
  WW_RETURN_IF_ERROR(Audit(call, 30011, {id, row["ServerNALPath"].TextOr("")}, id));
  return true;  // stays until the point has removed it
}

Status CreateGroup(Call& call, Instance& made) {
  if (made["Name"].TextOr("").empty()) return BadValue("a distribution point group needs a Name");
  WW_TRY(const auto taken, call.store.Count("SMS_DistributionPointGroup", {{"Name", made["Name"]}}),
         "Name");
  if (taken != 0) {
    return Fail(
        cim::ProviderError(cim::ProviderCode::kAlreadyExists,
                           fmt::format("there is a group named {}", made["Name"].TextOr(""))));
  }
  made.SetRaw("GroupID", Text(NewGuid()));
  made.SetRaw("CreatedBy", call.User());
  made.SetRaw("CreatedOn", call.Now());
  made.SetRaw("SourceSite", call.SiteCode());
  made.SetRaw("CollectionCount", Number(0));
  made.SetRaw("ContentInSync", Flag(true));
  made.SetRaw("OutOfSyncContentCount", Number(0));
  return {};
}

Status ModifiedGroup(Call& call, const Instance&, Instance& changed, const Instance&) {
  changed.SetRaw("ModifiedBy", call.User());
  changed.SetRaw("ModifiedOn", call.Now());
  return {};
}

Status ShowGroup(Call& call, Instance& group) {
  WW_TRY(const auto members,
         call.store.Count("SMS_DPGroupMembers", {{"GroupID", group["GroupID"]}}), "members");
  WW_TRY(const auto packages,
         call.store.Count("SMS_DPGroupPackages", {{"GroupID", group["GroupID"]}}), "packages");
  group.SetRaw("MemberCount", Number(members));
  group.SetRaw("HasMember", Flag(members != 0));
  group.SetRaw("ContentCount", Number(packages));
  group.SetRaw("HasRelationship", Flag(false));
  return {};
}

Result<bool> RemoveGroup(Call& call, const Instance& group) {
  for (const char* joined : {"SMS_DPGroupMembers", "SMS_DPGroupPackages"}) {
    WW_TRY_STATUS(
        call.store.DeleteAll(joined, {{"GroupID", group["GroupID"]}}).map([](std::uint64_t) {}),
        joined);
  }
  return false;
}

// The packages of a group go to all its members.
Status SendToMembers(Call& call, const Instance& package, const cim::Value& group) {
  WW_TRY(const auto members, call.store.FindAll("SMS_DPGroupMembers", {{"GroupID", group}}),
         "members");
  for (const auto& member : members) {
    WW_RETURN_IF_ERROR(AssignToDistributionPoint(call, package, member["DPNALPath"].TextOr("")));
  }
  return {};
}

Status CreateGroupPackage(Call& call, Instance& made) {
  WW_TRY(const auto package, PackageOf(call, made["PkgID"].TextOr("")), "PkgID");
  WW_TRY(const auto group,
         call.store.Count("SMS_DistributionPointGroup", {{"GroupID", made["GroupID"]}}), "group");
  if (group == 0) return Missing("there is no such distribution point group");
  return SendToMembers(call, package, made["GroupID"]);
}

Status CreateMember(Call& call, Instance& made) {
  WW_TRY(const auto point,
         call.store.Count("SMS_DistributionPointInfo", {{"NALPath", made["DPNALPath"]}}), "point");
  WW_TRY(const auto group,
         call.store.Count("SMS_DistributionPointGroup", {{"GroupID", made["GroupID"]}}), "group");
  if (point == 0) return Missing("there is no such distribution point");
  if (group == 0) return Missing("there is no such distribution point group");
  return {};
}

Status CheckGroup(MethodCall& m, std::uint32_t operations) {
  auto& call = m.call;
  WW_TRY(const auto allowed,
         call.access.On(call.store, kTypeDistributionPointGroup,
                        (*m.instance)["GroupID"].TextOr(""), operations),
         "access");
  if (allowed) return {};
  return Denied(fmt::format("{} may not call {}", call.context.user, m.method.name));
}

Status AddPackages(MethodCall& m) {
  WW_RETURN_IF_ERROR(CheckGroup(m, kOpCopyToDistributionPoint));
  for (const auto& id : List(m.Argument("PackageIDs"))) {
    WW_TRY(auto row, m.call.store.Make("SMS_DPGroupPackages"), "package");
    row.SetRaw("GroupID", (*m.instance)["GroupID"]);
    row.SetRaw("PkgID", id);
    WW_RETURN_IF_ERROR(CreateGroupPackage(m.call, row));
    WW_RETURN_IF_ERROR(m.call.store.Save(row));
    WW_RETURN_IF_ERROR(Audit(m.call, 40403, {id.TextOr("")}, id.TextOr("")));
  }
  return {};
}

Status RemovePackages(MethodCall& m) {
  WW_RETURN_IF_ERROR(CheckGroup(m, kOpCopyToDistributionPoint));
  const auto& group = (*m.instance)["GroupID"];
  const bool from_points = m.Argument("RemovePackageFromDPs").BoolOr(true);
  for (const auto& id : List(m.Argument("PackageIDs"))) {
    WW_TRY(const auto gone,
           m.call.store.DeleteAll("SMS_DPGroupPackages", {{"GroupID", group}, {"PkgID", id}}),
           "package");
    if (gone == 0) return Missing(fmt::format("{} is not in the group", id.TextOr("")));
    WW_RETURN_IF_ERROR(Audit(m.call, 40404, {id.TextOr("")}, id.TextOr("")));
    if (!from_points) continue;
    WW_TRY(const auto members, m.call.store.FindAll("SMS_DPGroupMembers", {{"GroupID", group}}),
           "members");
    for (const auto& member : members) {
      WW_RETURN_IF_ERROR(
          UnassignFromDistributionPoint(m.call, id.TextOr(""), member["DPNALPath"].TextOr("")));
    }
  }
  return {};
}

Status AddMembers(MethodCall& m) {
  WW_RETURN_IF_ERROR(CheckGroup(m, kOpModify));
  const auto& group = (*m.instance)["GroupID"];
  for (const auto& path : List(m.Argument("DPNALPath"))) {
    WW_TRY(auto row, m.call.store.Make("SMS_DPGroupMembers"), "member");
    row.SetRaw("GroupID", group);
    row.SetRaw("DPNALPath", path);
    WW_RETURN_IF_ERROR(CreateMember(m.call, row));
    WW_RETURN_IF_ERROR(m.call.store.Save(row));
    if (!m.Argument("AddTargetedPackages").BoolOr(true)) continue;
    WW_TRY(const auto targeted, m.call.store.FindAll("SMS_DPGroupPackages", {{"GroupID", group}}),
           "packages");
    for (const auto& one : targeted) {
      WW_TRY(const auto package, PackageOf(m.call, one["PkgID"].TextOr("")), "package");
      WW_RETURN_IF_ERROR(AssignToDistributionPoint(m.call, package, path.TextOr("")));
    }
  }
  return {};
}

Status RemoveMembers(MethodCall& m) {
  WW_RETURN_IF_ERROR(CheckGroup(m, kOpModify));
  for (const auto& path : List(m.Argument("DPNALPath"))) {
    WW_TRY(const auto gone,
           m.call.store.DeleteAll("SMS_DPGroupMembers",
                                  {{"GroupID", (*m.instance)["GroupID"]}, {"DPNALPath", path}}),
           "member");
    if (gone == 0) return Missing(fmt::format("{} is not in the group", path.TextOr("")));
  }
  return {};
}

Status Redistribute(MethodCall& m, const cim::Value& only) {
  WW_RETURN_IF_ERROR(CheckGroup(m, kOpCopyToDistributionPoint));
  const auto& group = (*m.instance)["GroupID"];
  WW_TRY(const auto targeted, m.call.store.FindAll("SMS_DPGroupPackages", {{"GroupID", group}}),
         "packages");
  for (const auto& one : targeted) {
    const auto id = one["PkgID"].TextOr("");
    if (!only.is_null() && !cim::SameName(only.TextOr(""), id)) continue;
    WW_TRY(const auto package, PackageOf(m.call, id), "package");
    WW_RETURN_IF_ERROR(SendToMembers(m.call, package, group));
  }
  return {};
}

struct Totals {
  std::uint64_t targeted = 0, installed = 0, retrying = 0, failed = 0;
};

Result<std::map<std::string, Totals>> CountStates(Call& call) {
  std::map<std::string, Totals> out;
  WW_TRY(const auto states, call.store.FindAll("SMS_PackageStatusDistPointsSummarizer", {}),
         "states");
  for (const auto& one : states) {
    auto& totals = out[one["PackageID"].TextOr("")];
    const auto state = one["State"].UintOr(0);
    if (state >= 4 && state <= 6) continue;  // being removed
    ++totals.targeted;
    if (state == 0) ++totals.installed;
    if (state == 2) ++totals.retrying;
    if (state == 3) ++totals.failed;
  }
  return out;
}

Status EachPackage(Call& call,
                   const std::function<Result<bool>(const Instance&, const Totals&)>& f) {
  WW_TRY(const auto totals, CountStates(call), "states");
  WW_TRY(const auto packages, call.store.FindAll("SMS_PackageBaseclass", {}), "packages");
  for (const auto& package : packages) {
    const auto it = totals.find(package["PackageID"].TextOr(""));
    WW_TRY(const auto more, f(package, it != totals.end() ? it->second : Totals{}), "package");
    if (!more) break;
  }
  return {};
}

Status EnumerateTotals(std::string_view class_name, Call& call, const cim::InstanceSink& sink) {
  return EachPackage(call, [&](const Instance& package, const Totals& totals) -> Result<bool> {
    WW_TRY(auto row, call.store.Make(class_name), "row");
    const auto set = [&row](std::string_view name, const cim::Value& value) {
      if (row.cls().FindProperty(name)) row.SetRaw(name, value);
    };
    set("PackageID", package["PackageID"]);
    set("Name", package["Name"]);
    set("SourceVersion", package["SourceVersion"]);
    set("SourceDate", package["SourceDate"]);
    set("SourceSite", package["SourceSite"]);
    set("SourceSize", package["PackageSize"]);
    set("SiteCode", call.SiteCode());
    set("SiteName", Text(call.site().site_name));
    set("SummaryDate", call.Now());
    set("Targeted", Number(totals.targeted));
    set("Installed", Number(totals.installed));
    set("Retrying", Number(totals.retrying));
    set("Failed", Number(totals.failed));
    return sink(row);
  });
}

Status EnumerateContentInfo(std::string_view class_name, Call& call,
                            const cim::InstanceSink& sink) {
  return EachPackage(call, [&](const Instance& package, const Totals& totals) -> Result<bool> {
    WW_TRY(auto row, call.store.Make(class_name), "row");
    row.SetRaw("ObjectID", package["PackageID"]);
    row.SetRaw("PackageID", package["PackageID"]);
    row.SetRaw("SoftwareName", package["Name"]);
    row.SetRaw("Description", package["Description"]);
    row.SetRaw("ObjectType", package["PackageType"]);
    row.SetRaw("ObjectTypeID", Number(ObjectTypeOf(package.cls())));
    row.SetRaw("SourceSite", package["SourceSite"]);
    row.SetRaw("SourceSize", package["PackageSize"]);
    row.SetRaw("SourceVersion", package["SourceVersion"]);
    row.SetRaw("LastUpdateDate", package["LastRefreshTime"]);
    row.SetRaw("Targeted", Number(totals.targeted));
    row.SetRaw("NumberSuccess", Number(totals.installed));
    row.SetRaw("NumberErrors", Number(totals.failed));
    row.SetRaw("NumberInProgress", Number(totals.targeted - totals.installed - totals.failed));
    row.SetRaw("NumberUnknown", Number(0));
    return sink(row);
  });
}

}  // namespace

void BindDistribution(Bindings& bindings) {
  auto& assignment = bindings["SMS_DistributionPoint"];
  assignment.guard = GuardOfPackage;
  assignment.write_operations = kOpCopyToDistributionPoint;
  assignment.create = CreateAssignment;
  assignment.update = UpdateAssignment;
  assignment.saved = SavedAssignment;
  assignment.remove = RemoveAssignment;

  auto& info = bindings["SMS_DistributionPointInfo"];
  info.object_type = kTypeDistributionPoint;
  info.clients_write = false;
  auto& group = bindings["SMS_DistributionPointGroup"];
  group.generated_key = "GroupID";
  group.object_type = kTypeDistributionPointGroup;
  group.create = CreateGroup;
  group.update = ModifiedGroup;
  group.show = ShowGroup;
  group.shows_rows_only = true;
  group.remove = RemoveGroup;
  auto& members = bindings["SMS_DPGroupMembers"];
  members.guard = [](Call&, const Instance& row) -> Result<Guard> {
    return Guard{kTypeDistributionPointGroup, row["GroupID"].TextOr("")};
  };
  members.write_operations = kOpModify;
  members.create = CreateMember;
  auto& packages = bindings["SMS_DPGroupPackages"];
  packages = members;
  packages.write_operations = kOpCopyToDistributionPoint;
  packages.create = CreateGroupPackage;

  for (const char* name : {"SMS_PackageStatus", "SMS_PackageStatusDistPointsSummarizer"}) {
    bindings[name].clients_write = false;
    bindings[name].guard = GuardOfPackage;
  }
  for (const char* name : {"SMS_DistributionPointDriveInfo", "SMS_DistributionDPStatus",
                           "SMS_DistributionStatus", "SMS_DPGroupContentInfo", "SMS_DPContentInfo",
                           "SMS_PackageContentServerInfo", "SMS_SystemResourceList"}) {
    bindings[name].clients_write = false;
  }
  for (const char* name :
       {"SMS_PackageStatusRootSummarizer", "SMS_PackageStatusDetailSummarizer"}) {
    auto& totals = bindings[name];
    totals.source = ClassBinding::Source::kComputed;
    totals.guard = GuardOfPackage;
    totals.enumerate = [name](Call& call, const cim::InstanceSink& sink) {
      return EnumerateTotals(name, call, sink);
    };
  }
  for (const char* name : {"SMS_ObjectContentInfo", "SMS_ObjectContentExtraInfo"}) {
    auto& content = bindings[name];
    content.source = ClassBinding::Source::kComputed;
    content.guard = GuardOfPackage;
    content.enumerate = [name](Call& call, const cim::InstanceSink& sink) {
      return EnumerateContentInfo(name, call, sink);
    };
  }

  const auto method = [&bindings](std::string_view name, Method code) {
    bindings.SetMethod("SMS_DistributionPointGroup", name, std::move(code));
  };
  method("AddPackages", AddPackages);
  method("RemovePackages", RemovePackages);
  method("AddDistributionPoints", AddMembers);
  method("RemoveDistributionPoints", RemoveMembers);
  method("RefreshDPGroup", [](MethodCall& m) { return Redistribute(m, cim::Value()); });
  method("ReDistributePackage",
         [](MethodCall& m) { return Redistribute(m, m.Argument("PackageID")); });
}

}  // namespace ww::provider
