// What the console shows of content on points: made from assignments and states when it is asked
// for.
#include <fmt/format.h>

#include <map>
#include <set>

#include "dispatch.h"
#include "guards.h"
#include "rows.h"
#include "tables.h"
#include "wimwright/provider/references.h"

namespace ww::distmgr {
namespace {

using cim::Instance;
using provider::Call;
using provider::ClassBinding;
using provider::Flag;
using provider::Number;
using provider::Text;

// SMS_PackageStatus.Status and Type.
enum PackageStatus : std::int64_t {
  kNone = 0,
  kSent = 1,
  kInstalled = 3,
  kRetry = 4,
  kFailed = 5,
  kPendingRemove = 7,
};
constexpr std::int64_t kMaster = 1, kCopy = 2;
// SMS_DistributionDPStatus.MessageState.
enum MessageState : std::uint32_t { kSuccess = 1, kInProgress = 2, kError = 3 };

using Packages = std::map<std::string, Instance, std::less<>>;

std::string Upper(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

Result<Packages> AllPackages(Call& call) {
  WW_TRY(const auto all, call.store.FindAll("SMS_PackageBaseclass", {}), "packages");
  Packages out;
  for (const auto& one : all) out.emplace(Upper(one["PackageID"].TextOr("")), one);
  return out;
}

const Instance* Find(const Packages& packages, const cim::Value& id) {
  const auto it = packages.find(Upper(id.TextOr("")));
  return it != packages.end() ? &it->second : nullptr;
}

std::int64_t StatusOf(std::uint64_t state) {
  switch (state) {
    case kStateInstalled:
    case kStateMonitoring:
      return kInstalled;
    case kStateUpdating:
      return kSent;
    case kStateRetrying:
      return kRetry;
    case kStateFailed:
      return kFailed;
    case kStatePending:
      return kNone;
    default:
      return kPendingRemove;
  }
}

// Packages whose source could not be taken in when it was last tried.
Result<std::set<std::string>> Troubled(Call& call) {
  std::set<std::string> out;
  WW_TRY(const auto rows,
         call.store.tx().Fetch(SelectFrom(kWorkTable, {"PackageID", "Problem"}, {})), "work");
  for (const auto& row : rows) {
    if (!row[1].text().empty()) out.insert(Upper(std::string(row[0].text())));
  }
  return out;
}

Result<Instance> StatusRow(Call& call, const cim::Value& id, std::string server, std::int64_t type,
                           std::int64_t status) {
  WW_TRY(auto row, call.store.Make("SMS_PackageStatus"), "row");
  row.SetRaw("PackageID", id);
  row.SetRaw("Personality", cim::Value::Int(0));
  row.SetRaw("PkgServer", Text(server));
  row.SetRaw("SiteCode", call.SiteCode());
  row.SetRaw("Status", cim::Value::Int(status));
  row.SetRaw("Type", cim::Value::Int(type));
  row.SetRaw("ShareName", Text(""));
  return row;
}

Status EnumeratePackageStatus(Call& call, const cim::InstanceSink& sink) {
  WW_TRY(const auto packages, AllPackages(call), "packages");
  WW_TRY(const auto troubled, Troubled(call), "work");
  for (const auto& [id, package] : packages) {
    const auto stored = package["StoredPkgVersion"].UintOr(0);
    const bool behind = stored < package["SourceVersion"].UintOr(0);
    const auto status = troubled.contains(id) ? kRetry : behind ? kNone : kInstalled;
    WW_TRY(auto row,
           StatusRow(call, package["PackageID"], call.site().server_name, kMaster, status), "row");
    row.SetRaw("Location", package["StoredPkgPath"]);
    row.SetRaw("UpdateTime", package["SourceDate"]);
    if (!sink(row)) return {};
  }
  WW_TRY(const auto states, call.store.FindAll("SMS_PackageStatusDistPointsSummarizer", {}),
         "states");
  for (const auto& state : states) {
    WW_TRY(auto row,
           StatusRow(call, state["PackageID"],
                     provider::ServerOfNalPath(state["ServerNALPath"].TextOr("")), kCopy,
                     StatusOf(state["State"].UintOr(0))),
           "row");
    row.SetRaw("UpdateTime", state["SummaryDate"]);
    if (!sink(row)) return {};
  }
  return {};
}

std::uint32_t MessageStateOf(const Instance& progress) {
  const auto severity = progress["MessageSeverity"].UintOr(0);
  if (severity == static_cast<std::uint32_t>(provider::Severity::kError)) return kError;
  const auto state = static_cast<ProgressState>(progress["State"].UintOr(0));
  return state == ProgressState::kInstalled ? kSuccess : kInProgress;
}

struct Messages {
  std::vector<Instance> rows;  // of WW_DistributionProgress, with a message
  Packages packages;
};

Result<Messages> MessagesOf(Call& call) {
  Messages out;
  WW_TRY(out.packages, AllPackages(call), "packages");
  WW_TRY(auto rows, call.store.FindAll("WW_DistributionProgress", {}), "progress");
  for (auto& row : rows) {
    if (row["MessageID"].UintOr(0) != 0 && Find(out.packages, row["PackageID"]) != nullptr) {
      out.rows.push_back(std::move(row));
    }
  }
  return out;
}

Status EnumeratePointStatus(Call& call, const cim::InstanceSink& sink) {
  WW_TRY(const auto messages, MessagesOf(call), "messages");
  std::map<std::string, std::uint64_t> groups;
  WW_TRY(const auto members, call.store.FindAll("SMS_DPGroupMembers", {}), "groups");
  for (const auto& member : members) ++groups[Upper(member["DPNALPath"].TextOr(""))];
  for (const auto& one : messages.rows) {
    const auto* package = Find(messages.packages, one["PackageID"]);
    const auto nal = one["ServerNALPath"].TextOr("");
    const auto id = one["MessageID"].UintOr(0);
    const auto severity = one["MessageSeverity"].UintOr(0);
    WW_TRY(auto row, call.store.Make("SMS_DistributionDPStatus"), "row");
    row.SetRaw("ID", one["ID"]);
    row.SetRaw("NalPath", Text(nal));
    row.SetRaw("Name", Text(provider::ServerOfNalPath(nal)));
    row.SetRaw("PackageID", one["PackageID"]);
    row.SetRaw("ObjectID", one["PackageID"]);
    row.SetRaw("ObjectTypeID", Number(provider::ObjectTypeOf(package->cls())));
    row.SetRaw("SiteCode", call.SiteCode());
    row.SetRaw("ResourceType", Text("Windows NT Server"));
    row.SetRaw("GroupCount", Number(groups[Upper(nal)]));
    row.SetRaw("IsPeerDP", Flag(false));
    row.SetRaw("MessageID", Number(id));
    row.SetRaw("MessageCategory", Number(id));
    row.SetRaw("MessageFullID", Number(id | severity));
    row.SetRaw("MessageSeverity", Number(severity));
    row.SetRaw("MessageState", Number(MessageStateOf(one)));
    row.SetRaw("LastStatusID", Number(static_cast<std::uint64_t>(one["MessageRecordID"].IntOr(0))));
    row.SetRaw("LastUpdateDate", one["MessageTime"]);
    const auto& strings = provider::List(one["MessageStrings"]);
    for (std::size_t i = 0; i < 10; ++i) {
      row.SetRaw(fmt::format("InsString{}", i + 1), i < strings.size() ? strings[i] : Text(""));
    }
    if (!sink(row)) return {};
  }
  return {};
}

Status EnumerateDistributionStatus(Call& call, const cim::InstanceSink& sink) {
  WW_TRY(const auto messages, MessagesOf(call), "messages");
  struct Count {
    std::uint64_t assets = 0;
    std::uint32_t type = 0;
    cim::Value last, package;
  };
  std::map<std::pair<std::string, std::uint64_t>, Count> counts;
  for (const auto& one : messages.rows) {
    auto& count = counts[{Upper(one["PackageID"].TextOr("")), one["MessageID"].UintOr(0)}];
    ++count.assets;
    count.type = std::max(count.type, MessageStateOf(one));
    count.package = one["PackageID"];
    if (count.last.is_null() ||
        cim::Compare(*count.last.AsDate(), *one["MessageTime"].AsDate()) < 0) {
      count.last = one["MessageTime"];
    }
  }
  for (const auto& [key, count] : counts) {
    WW_TRY(auto row, call.store.Make("SMS_DistributionStatus"), "row");
    row.SetRaw("ObjectID", count.package);
    row.SetRaw("PackageID", count.package);
    row.SetRaw("MessageCategory", Number(key.second));
    row.SetRaw("ObjectTypeID",
               Number(provider::ObjectTypeOf(Find(messages.packages, count.package)->cls())));
    row.SetRaw("Assets", Number(count.assets));
    row.SetRaw("Type", Number(count.type));
    row.SetRaw("LastUpdateDate", count.last);
    if (!sink(row)) return {};
  }
  return {};
}

// What several of the views say of a package.
void Describe(Instance& row, const Instance& package) {
  const auto set = [&row](std::string_view name, const cim::Value& value) {
    if (row.cls().FindProperty(name)) row.SetRaw(name, value);
  };
  set("PackageID", package["PackageID"]);
  set("ObjectID", package["PackageID"]);
  set("Name", package["Name"]);
  set("Description", package["Description"]);
  set("ObjectType", package["PackageType"]);
  set("ObjectTypeID", Number(provider::ObjectTypeOf(package.cls())));
  set("SourceSize", package["PackageSize"]);
  set("IsPredefinedPackage", Flag(false));
}

Status EnumeratePointContent(Call& call, const cim::InstanceSink& sink) {
  WW_TRY(const auto packages, AllPackages(call), "packages");
  WW_TRY(const auto assignments, call.store.FindAll("SMS_DistributionPoint", {}), "assignments");
  for (const auto& assignment : assignments) {
    const auto* package = Find(packages, assignment["PackageID"]);
    if (package == nullptr || assignment["Status"].UintOr(0) == kAssignmentDeleted) continue;
    WW_TRY(auto row, call.store.Make("SMS_DPContentInfo"), "row");
    Describe(row, *package);
    row.SetRaw("NALPath", assignment["ServerNALPath"]);
    if (!sink(row)) return {};
  }
  return {};
}

Status EnumerateGroupContent(Call& call, const cim::InstanceSink& sink) {
  WW_TRY(const auto packages, AllPackages(call), "packages");
  WW_TRY(const auto targeted, call.store.FindAll("SMS_DPGroupPackages", {}), "groups");
  for (const auto& one : targeted) {
    const auto* package = Find(packages, one["PkgID"]);
    if (package == nullptr) continue;
    WW_TRY(auto row, call.store.Make("SMS_DPGroupContentInfo"), "row");
    Describe(row, *package);
    row.SetRaw("GroupID", one["GroupID"]);
    if (!sink(row)) return {};
  }
  return {};
}

Result<Instance> ServerRow(Call& call, const Instance& package, const cim::Value& server,
                           std::uint32_t type, const cim::Value& name, const cim::Value& text) {
  WW_TRY(auto row, call.store.Make("SMS_PackageContentServerInfo"), "row");
  row.SetRaw("ObjectID", package["PackageID"]);
  row.SetRaw("PackageID", package["PackageID"]);
  row.SetRaw("PackageType", package["PackageType"]);
  row.SetRaw("ContentServerID", server);
  row.SetRaw("ContentServerSecurityID", server);
  row.SetRaw("ContentServerType", Number(type));
  row.SetRaw("Name", name);
  row.SetRaw("Description", text);
  row.SetRaw("IsBitsEnabled", Number(0));
  row.SetRaw("IsPeerDP", Number(0));
  row.SetRaw("ObjectTypeID", Number(type == 1 ? provider::kTypeDistributionPoint
                                              : provider::kTypeDistributionPointGroup));
  return row;
}

Status EnumerateContentServers(Call& call, const cim::InstanceSink& sink) {
  WW_TRY(const auto packages, AllPackages(call), "packages");
  WW_TRY(const auto assignments, call.store.FindAll("SMS_DistributionPoint", {}), "assignments");
  for (const auto& one : assignments) {
    const auto* package = Find(packages, one["PackageID"]);
    if (package == nullptr || one["Status"].UintOr(0) == kAssignmentDeleted) continue;
    WW_TRY(const auto row,
           ServerRow(call, *package, one["ServerNALPath"], 1,
                     Text(provider::ServerOfNalPath(one["ServerNALPath"].TextOr(""))), Text("")),
           "row");
    if (!sink(row)) return {};
  }
  WW_TRY(const auto targeted, call.store.FindAll("SMS_DPGroupPackages", {}), "groups");
  for (const auto& one : targeted) {
    const auto* package = Find(packages, one["PkgID"]);
    if (package == nullptr) continue;
    WW_TRY(const auto group,
           call.store.FindOne("SMS_DistributionPointGroup", {{"GroupID", one["GroupID"]}}),
           "group");
    if (!group) continue;
    WW_TRY(const auto row,
           ServerRow(call, *package, one["GroupID"], 2, (*group)["Name"], (*group)["Description"]),
           "row");
    if (!sink(row)) return {};
  }
  return {};
}

// A package of a group is in sync when every member has its current version.
Status ShowSync(Call& call, Instance& group) {
  WW_TRY(const auto targeted,
         call.store.FindAll("SMS_DPGroupPackages", {{"GroupID", group["GroupID"]}}), "packages");
  WW_TRY(const auto members,
         call.store.FindAll("SMS_DPGroupMembers", {{"GroupID", group["GroupID"]}}), "members");
  std::uint64_t behind = 0;
  for (const auto& one : targeted) {
    WW_TRY(const auto package,
           call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", one["PkgID"]}}), "package");
    if (!package) continue;
    bool in_sync = true;
    for (const auto& member : members) {
      WW_TRY(const auto state,
             StateOf(call, one["PkgID"].TextOr(""), member["DPNALPath"].TextOr("")), "state");
      in_sync = in_sync && state && (*state)["State"].UintOr(1) == kStateInstalled &&
                (*state)["SourceVersion"].UintOr(0) == (*package)["SourceVersion"].UintOr(0);
    }
    behind += in_sync ? 0 : 1;
  }
  group.SetRaw("OutOfSyncContentCount", Number(behind));
  group.SetRaw("ContentInSync", Flag(behind == 0));
  return {};
}

}  // namespace

void BindViews(Core& core, provider::Bindings& bindings) {
  static_cast<void>(core);
  const auto computed = [&bindings](std::string_view name, auto enumerate, auto guard) {
    auto& binding = bindings[name];
    binding.source = ClassBinding::Source::kComputed;
    binding.clients_write = false;
    binding.guard = guard;
    binding.enumerate = enumerate;
  };
  computed("SMS_PackageStatus", EnumeratePackageStatus, GuardOfPackage);
  computed("SMS_DistributionDPStatus", EnumeratePointStatus, GuardOfPackage);
  computed("SMS_DistributionStatus", EnumerateDistributionStatus, GuardOfPackage);
  computed("SMS_DPContentInfo", EnumeratePointContent, GuardOfPackage);
  computed("SMS_DPGroupContentInfo", EnumerateGroupContent, GuardOfPackage);
  computed("SMS_PackageContentServerInfo", EnumerateContentServers, GuardOfPackage);

  auto& group = bindings["SMS_DistributionPointGroup"];
  group.show = [before = group.show](Call& call, Instance& instance) -> Status {
    if (before) WW_RETURN_IF_ERROR(before(call, instance));
    return ShowSync(call, instance);
  };
}

}  // namespace ww::distmgr
