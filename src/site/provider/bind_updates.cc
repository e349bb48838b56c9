// Software updates, update groups and what hangs on them (sms-schema.md, software updates).
#include <fmt/format.h>

#include <deque>
#include <map>
#include <set>

#include "bind.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/software_updates.h"
#include "wimwright/provider/status_messages.h"

namespace ww::provider {
namespace {

using cim::Instance;

constexpr std::uint64_t kSoftwareUpdate = 1, kUpdateBundle = 8, kUpdateGroup = 9;  // CIType_ID
constexpr std::size_t kMostUpdates = 10'000;                                       // in one group

std::uint32_t Id(const cim::Value& value) { return static_cast<std::uint32_t>(value.UintOr(0)); }

bool IsGroup(const Instance& item) { return item.cls().IsA("SMS_AuthorizationList"); }

// LocalizedDisplayName and the like come from LocalizedInformation: the caller's locale, else the
// first.
Status Localize(Call& call, Instance& item) {
  const auto* all = item["LocalizedInformation"].AsArray();
  if (all == nullptr || all->empty()) return {};
  const Instance* chosen = (*all)[0].AsObject();
  for (const auto& one : *all) {
    const auto* object = one.AsObject();
    if (object == nullptr) continue;
    const auto locale = std::to_string((*object)["LocaleID"].UintOr(0));
    if (locale != "0" && call.context.locale.ends_with(locale)) chosen = object;
  }
  if (chosen == nullptr) return {};
  const auto copy = [&](std::string_view to, std::string_view from) {
    if (item.cls().FindProperty(to)) item.SetRaw(to, (*chosen)[from]);
  };
  copy("LocalizedDisplayName", "DisplayName");
  copy("LocalizedDescription", "Description");
  copy("LocalizedInformativeURL", "InformativeURL");
  copy("LocalizedPropertyLocaleID", "LocaleID");
  return {};
}

void FillItem(Call& call, Instance& made);

Status CreateItem(Call& call, Instance& made) {
  WW_TRY(const auto id, NextIdentifier(call, "CI_ID"), "CI_ID");
  made.SetRaw("CI_ID", Number(id));
  if (made["CI_UniqueID"].TextOr("").empty()) {
    auto guid = NewGuid();
    made.SetRaw("CI_UniqueID", Text(guid.substr(1, guid.size() - 2)));
  }
  WW_TRY(const auto taken,
         call.store.Count("SMS_ConfigurationItemBaseClass", {{"CI_UniqueID", made["CI_UniqueID"]}}),
         "CI_UniqueID");
  if (taken != 0) {
    return Fail(cim::ProviderError(
        cim::ProviderCode::kAlreadyExists,
        fmt::format("there is an item with CI_UniqueID {}", made["CI_UniqueID"].TextOr(""))));
  }
  FillItem(call, made);
  return Localize(call, made);
}

void FillItem(Call& call, Instance& made) {
  made.SetRaw("CIVersion", Number(1));
  made.SetRaw("CIType_ID", Number(IsGroup(made)                    ? kUpdateGroup
                                  : made["IsBundle"].BoolOr(false) ? kUpdateBundle
                                                                   : kSoftwareUpdate));
  made.SetRaw("CreatedBy", call.User());
  made.SetRaw("LastModifiedBy", call.User());
  made.SetRaw("DateCreated", call.Now());
  made.SetRaw("DateLastModified", call.Now());
  made.SetRaw("IsLatest", Flag(true));
  made.SetRaw("SourceSite", call.SiteCode());
  if (made["IsEnabled"].is_null()) made.SetRaw("IsEnabled", Flag(true));
  for (const char* name :
       {"IsBundle", "IsExpired", "IsHidden", "IsSuperseded", "IsUserDefined", "IsDeployed"}) {
    if (made.cls().FindProperty(name) && made[name].is_null()) made.SetRaw(name, Flag(false));
  }
  if (made["ModelName"].TextOr("").empty()) {
    made.SetRaw("ModelName", Text(fmt::format("Site_{}/{}_{}", call.site().site_code,
                                              IsGroup(made) ? "AuthList" : "SUM",
                                              made["CI_UniqueID"].TextOr(""))));
  }
}

Status UpdateItem(Call& call, const Instance& before, Instance& changed, const Instance&) {
  changed.SetRaw("CI_UniqueID", before["CI_UniqueID"]);
  changed.SetRaw("CIVersion", Number(before["CIVersion"].UintOr(0) + 1));
  changed.SetRaw("LastModifiedBy", call.User());
  changed.SetRaw("DateLastModified", call.Now());
  return Localize(call, changed);
}

// Members as distinct identifiers of updates that exist.
Status CheckMembers(Call& call, Instance& group) {
  const auto* members = group["Updates"].AsArray();
  if (members == nullptr) {
    group.SetRaw("Updates", cim::Value::Of({}));
    members = group["Updates"].AsArray();
  }
  if (members->size() > kMostUpdates) {
    return BadValue(fmt::format("a group has at most {} updates", kMostUpdates));
  }
  std::set<std::uint64_t> seen;
  cim::Value::Array distinct;
  std::uint64_t expired = 0, superseded = 0;
  bool provisioned = true;
  for (const auto& member : *members) {
    const auto id = member.UintOr(0);
    if (!seen.insert(id).second) continue;
    WW_TRY(const auto update, call.store.FindOne("SMS_SoftwareUpdateBase", {{"CI_ID", Number(id)}}),
           "Updates");
    if (!update) return Missing(fmt::format("there is no software update {}", id));
    expired += (*update)["IsExpired"].BoolOr(false) ? 1 : 0;
    superseded += (*update)["IsSuperseded"].BoolOr(false) ? 1 : 0;
    provisioned = provisioned && (*update)["IsContentProvisioned"].BoolOr(false);
    distinct.push_back(Number(id));
  }
  group.SetRaw("NumberOfUpdates", Number(distinct.size()));
  group.SetRaw("NumberOfExpiredUpdates", Number(expired));
  group.SetRaw("ContainsExpiredUpdates", Flag(expired != 0));
  group.SetRaw("ContainsSupersededUpdates", Flag(superseded != 0));
  group.SetRaw("IsProvisioned", Flag(provisioned && !distinct.empty()));
  for (const char* name : {"NumberOfCollectionsDeployed", "NumCompliant", "NumNonCompliant",
                           "NumTotal", "NumUnknown", "PercentCompliant"}) {
    group.SetRaw(name, Number(0));
  }
  group.SetRaw("Updates", cim::Value::Of(std::move(distinct)));
  return {};
}

Status CreateGroup(Call& call, Instance& made) {
  WW_RETURN_IF_ERROR(CreateItem(call, made));
  if (made["LocalizedDisplayName"].TextOr("").empty()) {
    return BadValue("an update group needs LocalizedInformation with a DisplayName");
  }
  return CheckMembers(call, made);
}

Status UpdateGroup(Call& call, const Instance& before, Instance& changed, const Instance& sent) {
  WW_RETURN_IF_ERROR(UpdateItem(call, before, changed, sent));
  return CheckMembers(call, changed);
}

Status SavedGroup(Call& call, const Instance& group, bool created) {
  WW_TRY_STATUS(
      call.store.DeleteAll("SMS_CIRelation", {{"FromCIID", group["CI_ID"]}}).map([](std::uint64_t) {
      }),
      "members");
  for (const auto& member : *group["Updates"].AsArray()) {
    WW_TRY(const auto relation, MakeRelation(call, Id(group["CI_ID"]), Id(member), kRelationMember),
           "member");
    WW_RETURN_IF_ERROR(call.store.Save(relation));
  }
  return Audit(
      call, created ? 30219 : 30220,
      {std::to_string(group["CI_ID"].UintOr(0)), group["LocalizedDisplayName"].TextOr("")});
}

Result<bool> RemoveGroup(Call& call, const Instance& group) {
  WW_TRY_STATUS(
      call.store.DeleteAll("SMS_CIRelation", {{"FromCIID", group["CI_ID"]}}).map([](std::uint64_t) {
      }),
      "members");
  const auto id = std::to_string(group["CI_ID"].UintOr(0));
  WW_TRY_STATUS(
      call.store
          .DeleteAll("SMS_SecuredCategoryMembership",
                     {{"ObjectKey", Text(id)}, {"ObjectTypeID", Number(kTypeUpdateGroup)}})
          .map([](std::uint64_t) {}),
      "scopes");
  WW_TRY_STATUS(Audit(call, 30221, {id, group["LocalizedDisplayName"].TextOr("")}), "audit");
  return false;
}

void FillUpdate(Call& call, Instance& made) {
  for (const auto& [name, value] :
       {std::pair{"IsOfflineServiceable", true}, std::pair{"IsContentProvisioned", false},
        std::pair{"IsDeployable", true}, std::pair{"IsMetadataOnlyUpdate", false},
        std::pair{"IsQuarantined", false}}) {
    if (made[name].is_null()) made.SetRaw(name, Flag(value));
  }
  if (made["BulletinID"].is_null()) made.SetRaw("BulletinID", Text("None"));
  if (made["ArticleID"].is_null()) made.SetRaw("ArticleID", Text(""));
  if (made["DatePosted"].is_null()) made.SetRaw("DatePosted", call.Now());
  if (made["DateRevised"].is_null()) made.SetRaw("DateRevised", call.Now());
}

Status CreateUpdate(Call& call, Instance& made) {
  WW_RETURN_IF_ERROR(CreateItem(call, made));
  FillUpdate(call, made);
  return {};
}

Result<bool> RemoveUpdate(Call& call, const Instance& update) {
  WW_TRY(const auto member,
         call.store.FindOne("SMS_CIRelation", {{"ToCIID", update["CI_ID"]},
                                               {"RelationType", Number(kRelationMember)}}),
         "groups");
  const auto id = static_cast<std::int64_t>(update["CI_ID"].UintOr(0));
  WW_TRY(const auto scheduled,
         call.store.Count("SMS_ImageServicingScheduledUpdate", {{"UpdateID", cim::Value::Int(id)}}),
         "schedules");
  if (member || scheduled != 0) {
    return Fail(cim::ProviderError(cim::ProviderCode::kReferenced,
                                   "an update group or a servicing schedule has this update"));
  }
  return false;
}

// The closure of the relations: what is reached over several steps, with the least number of them.
Status EnumerateFlat(Call& call, const cim::InstanceSink& sink) {
  std::map<std::uint64_t, std::vector<std::pair<std::uint64_t, std::uint64_t>>> from;
  // A scan catalogue brings hundreds of thousands: numbers only.
  database::Select select;
  select.table = "SMS_CIRelation";
  for (const char* name : {"FromCIID", "ToCIID", "RelationType"}) {
    select.columns.push_back(database::Expression::Column(name));
  }
  {
    WW_TRY(const auto rows, call.store.tx().Query(select, *call.context.cancelled), "relations");
    while (true) {
      WW_TRY(const bool more, rows->Next(), "relations");
      if (!more) break;
      const auto cell = [&](std::size_t i) {
        return static_cast<std::uint64_t>(rows->row()[i].integer());
      };
      from[cell(0)].emplace_back(cell(1), cell(2));
    }
  }
  for (const auto& [start, direct] : from) {
    struct Step {
      std::uint64_t id, level, type;
    };
    std::set<std::uint64_t> seen{start};
    std::deque<Step> todo;
    for (const auto& [to, type] : direct) todo.push_back({to, 1, type});
    while (!todo.empty()) {
      const auto step = todo.front();
      todo.pop_front();
      if (!seen.insert(step.id).second) continue;
      WW_TRY(auto row, call.store.Make("SMS_CIRelation_Flat"), "relation");
      row.SetRaw("FromCIID", Number(start));
      row.SetRaw("ToCIID", Number(step.id));
      row.SetRaw("Level", Number(step.level));
      row.SetRaw("RelationType", Number(step.type));
      row.SetRaw("IsVersionSpecific", Flag(false));
      if (!sink(row)) return {};
      const auto next = from.find(step.id);
      if (next == from.end()) continue;
      for (const auto& [to, type] : next->second) todo.push_back({to, step.level + 1, type});
    }
  }
  return {};
}

// Of those that `update` replaces.
Status Supersede(Call& call, const Instance& update, const cim::Value& replaced) {
  const auto* ids = replaced.AsArray();
  for (const auto& id : ids != nullptr ? *ids : cim::Value::Array()) {
    WW_TRY(auto old, call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", id}}), "Supersedes");
    if (!old) return Missing(fmt::format("there is no software update {}", id.UintOr(0)));
    old->SetRaw("IsSuperseded", Flag(true));
    WW_RETURN_IF_ERROR(call.store.Save(*old));
    WW_TRY(const auto relation,
           MakeRelation(call, Id(update["CI_ID"]), Id(id), kRelationSuperseded), "relation");
    WW_RETURN_IF_ERROR(call.store.Save(relation));
  }
  return {};
}

// WW_UpdateCatalog: updates that come from packages. Their properties are read-only for clients.
Status ImportUpdate(MethodCall& m) {
  auto& call = m.call;
  if (!call.access.Everywhere(kTypeSoftwareUpdate, kOpCreate)) {
    return Denied(fmt::format("{} may not import software updates", call.context.user));
  }
  const auto& unique = m.Argument("UniqueID");
  if (unique.TextOr("").empty() || unique.TextOr("").size() > 512) {
    return BadValue("UniqueID has 1 to 512 characters");
  }
  WW_TRY(const auto known, call.store.FindOne("SMS_SoftwareUpdate", {{"CI_UniqueID", unique}}),
         "UniqueID");
  if (known) {
    m.Result("CI_ID", (*known)["CI_ID"]);
    m.Result("Imported", Flag(false));
    return {};
  }
  WW_TRY(auto made, call.store.Make("SMS_SoftwareUpdate"), "update");
  made.SetRaw("CI_UniqueID", unique);
  made.SetRaw("ArticleID", m.Argument("ArticleID"));
  if (!m.Argument("BulletinID").is_null()) made.SetRaw("BulletinID", m.Argument("BulletinID"));
  if (!m.Argument("DatePosted").is_null()) made.SetRaw("DatePosted", m.Argument("DatePosted"));
  if (!m.Argument("Size").is_null()) made.SetRaw("Size", m.Argument("Size"));
  WW_TRY(auto text, call.store.Make("SMS_CI_LocalizedProperties"), "text");
  text.SetRaw("DisplayName", m.Argument("Title"));
  text.SetRaw("Description", Text(m.Argument("Description").TextOr("")));
  text.SetRaw("LocaleID", Number(1033));
  made.SetRaw("LocalizedInformation", cim::Value::Of({Embedded(std::move(text))}));
  WW_RETURN_IF_ERROR(CreateUpdate(call, made));
  WW_RETURN_IF_ERROR(call.store.Insert(made));
  WW_RETURN_IF_ERROR(Supersede(call, made, m.Argument("Supersedes")));
  m.Result("CI_ID", made["CI_ID"]);
  m.Result("Imported", Flag(true));
  return {};
}

Status AcceptEula(MethodCall& m) {
  auto update = *m.instance;
  if (!m.call.access.Everywhere(kTypeSoftwareUpdate, kOpModify)) {
    return Denied(fmt::format("{} may not change software updates", m.call.context.user));
  }
  update.SetRaw("EULAAccepted", Number(m.Argument("Accepted").BoolOr(false) ? 1 : 0));
  update.SetRaw("EULASignoffUser", m.call.User());
  update.SetRaw("EULASignoffDate", m.call.Now());
  return m.call.store.Save(update);
}

}  // namespace

void FillNewUpdate(Call& call, Instance& made, std::uint32_t ci_id) {
  made.SetRaw("CI_ID", Number(ci_id));
  FillItem(call, made);
  FillUpdate(call, made);
}

Result<Instance> MakeRelation(Call& call, std::uint32_t from, std::uint32_t to,
                              std::uint32_t type) {
  WW_TRY(auto relation, call.store.Make("SMS_CIRelation"), "relation");
  relation.SetRaw("FromCIID", Number(from));
  relation.SetRaw("ToCIID", Number(to));
  relation.SetRaw("RelationType", Number(type));
  relation.SetRaw("IsBroken", Flag(false));
  relation.SetRaw("IsVersionSpecific", Flag(false));
  relation.SetRaw("Priority", Number(0));
  return relation;
}

void BindUpdates(Bindings& bindings) {
  auto& update = bindings["SMS_SoftwareUpdate"];
  update.generated_key = "CI_ID";
  update.object_type = kTypeSoftwareUpdate;
  update.create = CreateUpdate;
  update.update = UpdateItem;
  update.remove = RemoveUpdate;
  auto& group = bindings["SMS_AuthorizationList"];
  group.generated_key = "CI_ID";
  group.object_type = kTypeUpdateGroup;
  group.create = CreateGroup;
  group.update = UpdateGroup;
  group.saved = SavedGroup;
  group.remove = RemoveGroup;
  auto& flat = bindings["SMS_CIRelation_Flat"];
  flat.source = ClassBinding::Source::kComputed;
  flat.enumerate = EnumerateFlat;
  // Made by the catalogue and the content library.
  for (const char* name :
       {"SMS_CIRelation", "SMS_CIToContent", "SMS_CIContentFiles", "SMS_Content",
        "SMS_PackageToContent", "SMS_CIContentPackage", "SMS_UpdateCategoryInstance",
        "SMS_CIAllCategories", "SMS_CIUpdateSources", "SMS_SoftwareUpdateSource", "WW_ContentFile",
        "WW_UpdatePackage", "WW_UpdateAlias", "WW_Supersedence"}) {
    bindings[name].clients_write = false;
  }
  auto& category = bindings["SMS_CategoryInstance"];
  category.generated_key = "CategoryInstanceID";
  category.object_type = kTypeConfigurationItem;
  category.create = [](Call& call, Instance& made) -> Status {
    WW_TRY(const auto id, NextIdentifier(call, "CategoryInstanceID"), "CategoryInstanceID");
    made.SetRaw("CategoryInstanceID", Number(id));
    made.SetRaw("SourceSite", call.SiteCode());
    if (made["CategoryInstance_UniqueID"].TextOr("").empty()) {
      made.SetRaw("CategoryInstance_UniqueID",
                  Text(made["CategoryTypeName"].TextOr("UserCategories") + ":" + NewGuid()));
    }
    const auto* names = made["LocalizedInformation"].AsArray();
    if (names != nullptr && !names->empty() && (*names)[0].AsObject() != nullptr) {
      made.SetRaw("LocalizedCategoryInstanceName",
                  (*(*names)[0].AsObject())["CategoryInstanceName"]);
    }
    return {};
  };
  bindings.SetMethod("WW_UpdateCatalog", "ImportUpdate", ImportUpdate);
  bindings.SetMethod("SMS_SoftwareUpdate", "AcceptEULA", AcceptEula);
  bindings.SetMethod(
      "SMS_AuthorizationList", "RunAuthListStatusSummarization", [](MethodCall& m) -> Status {
        WW_TRY(const auto found,
               m.call.store.FindOne("SMS_AuthorizationList", {{"CI_ID", m.Argument("CI_ID")}}),
               "group");
        if (!found) return Missing("there is no such update group");
        return {};
      });
}

}  // namespace ww::provider
