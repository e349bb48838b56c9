#include "site_control.h"

#include <fmt/format.h>

#include "bind.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/status_messages.h"

namespace ww::provider {
namespace {

using cim::Instance;
using database::Expression;

constexpr std::string_view kSessions = "SiteControlSessions";
constexpr std::string_view kComponent = "SMS_OFFLINE_SERVICING_MANAGER";
constexpr std::string_view kDistributionPointRole = "SMS Distribution Point";
constexpr std::uint32_t kFileTypeActual = 2;

std::string ItemNameOf(const Call& call) {
  return fmt::format("{}|{}", kComponent, call.site().server_name);
}

Result<Instance> Item(Call& call, std::string_view class_name, std::string_view item_type,
                      std::string_view item_name) {
  WW_TRY(auto item, call.store.Make(class_name), "item");
  item.SetRaw("FileType", Number(kFileTypeActual));
  item.SetRaw("ItemType", Text(item_type));
  item.SetRaw("ItemName", Text(item_name));
  item.SetRaw("SiteCode", call.SiteCode());
  return item;
}

Result<cim::Value> Property(Call& call, std::string_view name, std::uint64_t number,
                            std::string_view text) {
  WW_TRY(auto property, call.store.Make("SMS_EmbeddedProperty"), "property");
  property.SetRaw("PropertyName", Text(name));
  property.SetRaw("Value", Number(number));
  property.SetRaw("Value1", Text(text));
  property.SetRaw("Value2", Text(""));
  return Embedded(std::move(property));
}

// Replaces the property of that name, or adds it. Names keep their case.
Status SetProperty(Instance& item, cim::Value property) {
  cim::Value::Array all;
  if (const auto* old = item["Props"].AsArray()) all = *old;
  const auto name = (*property.AsObject())["PropertyName"].TextOr("");
  for (auto& one : all) {
    if (one.AsObject() == nullptr || (*one.AsObject())["PropertyName"].TextOr("") != name) continue;
    one = std::move(property);
    item.SetRaw("Props", cim::Value::Of(std::move(all)));
    return {};
  }
  all.push_back(std::move(property));
  item.SetRaw("Props", cim::Value::Of(std::move(all)));
  return {};
}

// Every change of the configuration has a number.
Result<std::uint32_t> RaiseSerial(Call& call) {
  WW_TRY(auto files, call.store.FindAll("SMS_SiteControlFile", {}), "site control file");
  std::uint32_t serial = 1;
  if (!files.empty()) {
    serial = static_cast<std::uint32_t>(files[0]["SerialNumber"].UintOr(0)) + 1;
    WW_RETURN_IF_ERROR(call.store.DeleteAll("SMS_SiteControlFile", {}).map([](std::uint64_t) {}));
  }
  WW_TRY(auto file, call.store.Make("SMS_SiteControlFile"), "site control file");
  file.SetRaw("FileType", Number(kFileTypeActual));
  file.SetRaw("SerialNumber", Number(serial));
  file.SetRaw("SiteCode", call.SiteCode());
  file.SetRaw("BuildNumber", Text(fmt::format("{}", call.site().build)));
  WW_RETURN_IF_ERROR(call.store.Save(file));
  WW_TRY(auto header, Item(call, "SMS_SCI_FileDefinition", "File Definition", "File Definition"),
         "header");
  header.SetRaw("OriginatingSite", call.SiteCode());
  header.SetRaw("TargetSite", call.SiteCode());
  header.SetRaw("SerialNumber", Number(serial));
  WW_RETURN_IF_ERROR(call.store.Save(header));
  return serial;
}

database::Select SessionSelect(std::string_view handle) {
  database::Select select;
  select.table = kSessions;
  select.columns = {Expression::Column("Handle"), Expression::Column("User"),
                    Expression::Column("Serial")};
  select.where = Expression::Equal("Handle", database::Value(handle));
  return select;
}

Result<database::Row> SessionOf(Call& call, std::string_view handle) {
  WW_TRY(const auto row, call.store.tx().FetchOne(SessionSelect(handle)), "session");
  if (!row || !cim::SameName((*row)[1].text(), call.context.user)) {
    return Missing("there is no such site control session");
  }
  return *row;
}

Result<std::uint32_t> Serial(Call& call) {
  WW_TRY(const auto file, call.store.FindOne("SMS_SiteControlFile", {}), "site control file");
  return file ? static_cast<std::uint32_t>((*file)["SerialNumber"].UintOr(0)) : 0;
}

Status PutSession(Call& call, std::string_view handle) {
  WW_TRY(const auto serial, Serial(call), "session");
  const database::Row rows[] = {{database::Value(handle), call.context.user, serial}};
  return call.store.tx()
      .Upsert(kSessions, {"Handle", "User", "Serial"}, rows)
      .map([](std::uint64_t) {});
}

Status CheckSite(const Call& call, const cim::Value& code) {
  if (cim::SameName(code.TextOr(""), call.site().site_code)) return {};
  return Missing(fmt::format("{} is not this site ({})", code.TextOr(""), call.site().site_code));
}

Status CheckMayChange(const Call& call) {
  if (call.access.Everywhere(kTypeSite, kOpModify)) return {};
  return Denied(fmt::format("{} may not change the site", call.context.user));
}

Status GetSessionHandle(MethodCall& m) {
  const auto handle = NewGuid();
  WW_RETURN_IF_ERROR(PutSession(m.call, handle));
  m.Result("SessionHandle", Text(handle));
  return {};
}

Status ReleaseSessionHandle(MethodCall& m) {
  const auto handle = m.Argument("SessionHandle").TextOr("");
  WW_RETURN_IF_ERROR(SessionOf(m.call, handle).map([](const auto&) {}));
  return m.call.store.tx()
      .Delete(kSessions, Expression::Equal("Handle", database::Value(handle)))
      .map([](std::uint64_t) {});
}

Status Refresh(Call& call, const cim::Value& site) {
  WW_RETURN_IF_ERROR(CheckSite(call, site));
  const auto& handle = call.context.session_handle;
  if (handle.empty()) return {};  // without a session everybody sees the common copy anyway
  WW_RETURN_IF_ERROR(SessionOf(call, handle).map([](const auto&) {}));
  return PutSession(call, handle);
}

// Items are written when they are Put; what a session guards against is that somebody else changed
// the configuration since it was refreshed.
Status Commit(Call& call, const cim::Value& site) {
  WW_RETURN_IF_ERROR(CheckSite(call, site));
  WW_RETURN_IF_ERROR(CheckMayChange(call));
  const auto& handle = call.context.session_handle;
  if (!handle.empty()) {
    WW_RETURN_IF_ERROR(SessionOf(call, handle).map([](const auto&) {}));
  }
  WW_RETURN_IF_ERROR(RaiseSerial(call).map([](std::uint32_t) {}));
  return handle.empty() ? Status() : PutSession(call, handle);
}

Status GetCurrentVersion(MethodCall& m) {
  WW_RETURN_IF_ERROR(CheckSite(m.call, m.Argument("SiteCode")));
  WW_TRY(const auto serial, Serial(m.call), "version");
  m.Result("ReturnValue", cim::Value::Int(serial));
  return {};
}

// A Put inside a session whose copy is older than the site's is refused.
Status CheckSession(Call& call) {
  if (call.context.session_handle.empty()) return {};
  WW_TRY(const auto session, SessionOf(call, call.context.session_handle), "session");
  WW_TRY(const auto serial, Serial(call), "session");
  if (session[2].integer() == serial) return {};
  return Fail(cim::ProviderError(cim::ProviderCode::kStaleObject,
                                 "the site control file was changed since RefreshSCF"));
}

Status SaveDistributionPoint(Call& call, const Instance& role) {
  const auto nal = role["NALPath"].TextOr("");
  const auto server = ServerOfNalPath(nal);
  if (server.empty()) return BadValue(fmt::format("{} is no NAL path of a server", nal));
  WW_TRY(auto known, call.store.FindOne("SMS_DistributionPointInfo", {{"NALPath", Text(nal)}}),
         "distribution point");
  WW_TRY(auto made, call.store.Make("SMS_DistributionPointInfo"), "distribution point");
  auto& point = known ? *known : made;
  point.SetRaw("NALPath", Text(nal));
  point.SetRaw("ResourceType", Text("Windows NT Server"));
  point.SetRaw("SiteCode", call.SiteCode());
  point.SetRaw("SiteName", Text(call.site().site_name));
  point.SetRaw("ServerName", Text(server));
  point.SetRaw("Name", Text(server));
  if (!known) {
    WW_TRY(const auto id, NextIdentifier(call, "DistributionPoint"), "distribution point");
    point.SetRaw("ID", Number(id));
    point.SetRaw("IdentityGUID", Text(NewGuid()));
  }
  if (const auto* props = role["Props"].AsArray()) {
    for (const auto& element : *props) {
      const auto* property = element.AsObject();
      if (property == nullptr) continue;
      const auto name = (*property)["PropertyName"].TextOr("");
      if (name == "Description") point.SetRaw("Description", (*property)["Value1"]);
      if (name == "Priority") point.SetRaw("Priority", (*property)["Value"]);
      if (name == "TransferRate") point.SetRaw("TransferRate", (*property)["Value"]);
      if (name == "RateLimitsEnabled") {
        point.SetRaw("RateLimitsEnabled", Flag((*property)["Value"].UintOr(0) != 0));
      }
      if (name == "IsPullDP") point.SetRaw("IsPullDP", Flag((*property)["Value"].UintOr(0) != 0));
    }
  }
  return call.store.Save(point);
}

Status SaveRole(Call& call, const Instance& role, bool created) {
  static_cast<void>(created);
  WW_TRY(auto resource, call.store.Make("SMS_SystemResourceList"), "role");
  resource.SetRaw("NALPath", role["NALPath"]);
  resource.SetRaw("ResourceType", Text("Windows NT Server"));
  resource.SetRaw("RoleName", role["RoleName"]);
  resource.SetRaw("SiteCode", call.SiteCode());
  resource.SetRaw("ServerName", Text(ServerOfNalPath(role["NALPath"].TextOr(""))));
  resource.SetRaw("ServerRemoteName", Text(ServerOfNalPath(role["NALPath"].TextOr(""))));
  resource.SetRaw("SslState", Number(1));
  WW_RETURN_IF_ERROR(call.store.Save(resource));
  WW_RETURN_IF_ERROR(RaiseSerial(call).map([](std::uint32_t) {}));
  if (!cim::SameName(role["RoleName"].TextOr(""), kDistributionPointRole)) return {};
  return SaveDistributionPoint(call, role);
}

Result<bool> RemoveRole(Call& call, const Instance& role) {
  const auto& nal = role["NALPath"];
  if (cim::SameName(role["RoleName"].TextOr(""), kDistributionPointRole)) {
    WW_TRY(const auto used, call.store.Count("SMS_DistributionPoint", {{"ServerNALPath", nal}}),
           "distribution point");
    if (used != 0) {
      return Fail(cim::ProviderError(cim::ProviderCode::kReferenced,
                                     "packages are still assigned to this distribution point"));
    }
    WW_TRY_STATUS(call.store.DeleteAll("SMS_DistributionPointInfo", {{"NALPath", nal}})
                      .map([](std::uint64_t) {}),
                  "distribution point");
    WW_TRY_STATUS(
        call.store.DeleteAll("SMS_DPGroupMembers", {{"DPNALPath", nal}}).map([](std::uint64_t) {}),
        "distribution point");
  }
  WW_TRY_STATUS(
      call.store
          .DeleteAll("SMS_SystemResourceList", {{"NALPath", nal}, {"RoleName", role["RoleName"]}})
          .map([](std::uint64_t) {}),
      "role");
  WW_TRY(const auto serial, RaiseSerial(call), "role");
  static_cast<void>(serial);
  return false;
}

Status CreateRole(Call& call, Instance& role) {
  WW_RETURN_IF_ERROR(CheckSession(call));
  const auto name = role["RoleName"].TextOr("");
  const auto nal = role["NALPath"].TextOr("");
  if (name.empty() || nal.empty()) return BadValue("a role needs RoleName and NALPath");
  if (role["FileType"].is_null()) role.SetRaw("FileType", Number(kFileTypeActual));
  if (role["ItemType"].TextOr("").empty()) {
    role.SetRaw("ItemType", Text("System Resource Usage"));
  }
  if (role["ItemName"].TextOr("").empty()) {
    role.SetRaw("ItemName", Text(fmt::format("{},{}", nal, name)));
  }
  if (role["SiteCode"].TextOr("").empty()) role.SetRaw("SiteCode", call.SiteCode());
  return CheckSite(call, role["SiteCode"]);
}

Status AuditComponent(Call& call, const Instance& item, bool created) {
  if (created) return {};
  WW_RETURN_IF_ERROR(RaiseSerial(call).map([](std::uint32_t) {}));
  return Audit(call, 30034,
               {"", call.site().site_code, "", "", call.site().server_name,
                item["ComponentName"].TextOr("")});
}

}  // namespace

database::TableDefinition SiteControlSessionTable() {
  using database::ColumnType;
  return {std::string(kSessions),
          {{.name = "Handle", .type = ColumnType::kText, .key = true, .case_insensitive = true},
           {.name = "User", .type = ColumnType::kText, .case_insensitive = true},
           {.name = "Serial", .type = ColumnType::kInteger, .not_null = true}}};
}

Status SeedSiteControl(Call& call) {
  WW_TRY(const auto there, call.store.Count("SMS_SCI_SiteDefinition", {}), "site control");
  if (there != 0) return {};
  WW_TRY(auto site, Item(call, "SMS_SCI_SiteDefinition", "Site Definition", "Site Definition"),
         "site");
  site.SetRaw("SiteName", Text(call.site().site_name));
  site.SetRaw("SiteServerName", Text(call.site().server_name));
  site.SetRaw("SiteType", Number(2));
  WW_RETURN_IF_ERROR(call.store.Save(site));
  WW_TRY(auto component, Item(call, "SMS_SCI_Component", "Component", ItemNameOf(call)),
         "component");
  component.SetRaw("ComponentName", Text(kComponent));
  component.SetRaw("Name", Text(call.site().server_name));
  component.SetRaw("Flag", Number(6));
  WW_RETURN_IF_ERROR(call.store.Save(component));
  return RaiseSerial(call).map([](std::uint32_t) {});
}

Status RequestServicing(Call& call, std::string_view package_id, std::uint32_t package_type) {
  WW_TRY(auto item, call.store.FindOne("SMS_SCI_Component", {{"ItemName", Text(ItemNameOf(call))}}),
         "component");
  if (!item) return Fail(Code::kInternal, "the site has no offline servicing component");
  WW_TRY(auto request, Property(call, "Service Image Now", package_type, package_id), "request");
  WW_RETURN_IF_ERROR(SetProperty(*item, std::move(request)));
  WW_RETURN_IF_ERROR(call.store.Save(*item));
  WW_RETURN_IF_ERROR(AuditComponent(call, *item, false));
  call.ServicingRequested(std::string(package_id));
  return {};
}

void BindSiteControl(Bindings& bindings) {
  auto& items = bindings["SMS_SiteControlItem"];
  items.object_type = kTypeSite;
  items.write_operations = kOpModify;
  items.update = [](Call& call, const Instance&, Instance&, const Instance&) {
    return CheckSession(call);
  };
  items.saved = AuditComponent;
  auto& roles = bindings["SMS_SCI_SysResUse"];
  roles = items;
  roles.create = CreateRole;
  roles.saved = SaveRole;
  roles.remove = RemoveRole;
  bindings["SMS_SiteControlFile"].clients_write = false;

  const auto method = [&bindings](std::string_view name, Method code) {
    bindings.SetMethod("SMS_SiteControlFile", name, std::move(code));
  };
  method("GetSessionHandle", GetSessionHandle);
  method("ReleaseSessionHandle", ReleaseSessionHandle);
  method("RefreshSCF", [](MethodCall& m) { return Refresh(m.call, m.Argument("SiteCode")); });
  method("CommitSCF", [](MethodCall& m) { return Commit(m.call, m.Argument("SiteCode")); });
  method("GetCurrentVersion", GetCurrentVersion);
  // Older samples call them on the instance of the site.
  method("Refresh", [](MethodCall& m) { return Refresh(m.call, (*m.instance)["SiteCode"]); });
  method("Commit", [](MethodCall& m) { return Commit(m.call, (*m.instance)["SiteCode"]); });
}

}  // namespace ww::provider
