// Administrators, roles, scopes, and the tests of rights (sms-provider-behaviour.md 11).
#include <fmt/format.h>

#include <algorithm>

#include "bind.h"
#include "security.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/status_messages.h"

namespace ww::provider {
namespace {

using cim::Instance;

constexpr std::uint64_t kScopeCategory = 29;

// Grants name roles and scopes that exist; the lists that follow from them are filled in.
Status CompleteAdmin(Call& call, Instance& admin) {
  cim::Value::Array roles, role_names, scopes, scope_names, grants;
  for (const auto& element : List(admin["Permissions"])) {
    const auto* grant = element.AsObject();
    if (grant == nullptr) return BadValue("Permissions has an element that is no object");
    WW_TRY(const auto role, call.store.FindOne("SMS_Role", {{"RoleID", (*grant)["RoleID"]}}),
           "role");
    if (!role) return Missing(fmt::format("there is no role {}", (*grant)["RoleID"].TextOr("")));
    WW_TRY(const auto scope,
           call.store.FindOne("SMS_SecuredCategory", {{"CategoryID", (*grant)["CategoryID"]}}),
           "scope");
    if (!scope) {
      return Missing(fmt::format("there is no scope {}", (*grant)["CategoryID"].TextOr("")));
    }
    auto complete = *grant;
    complete.SetRaw("RoleName", (*role)["RoleName"]);
    complete.SetRaw("CategoryName", (*scope)["CategoryName"]);
    complete.SetRaw("CategoryTypeID", Number(kScopeCategory));
    const auto add = [](cim::Value::Array& to, const cim::Value& value) {
      if (std::find(to.begin(), to.end(), value) == to.end()) to.push_back(value);
    };
    add(roles, (*role)["RoleID"]);
    add(role_names, (*role)["RoleName"]);
    add(scopes, (*scope)["CategoryID"]);
    add(scope_names, (*scope)["CategoryName"]);
    grants.push_back(Embedded(std::move(complete)));
  }
  admin.SetRaw("Permissions", cim::Value::Of(std::move(grants)));
  admin.SetRaw("Roles", cim::Value::Of(std::move(roles)));
  admin.SetRaw("RoleNames", cim::Value::Of(std::move(role_names)));
  admin.SetRaw("Categories", cim::Value::Of(std::move(scopes)));
  admin.SetRaw("CategoryNames", cim::Value::Of(std::move(scope_names)));
  admin.SetRaw("LastModifiedBy", call.User());
  admin.SetRaw("LastModifiedDate", call.Now());
  return {};
}

Status CreateAdmin(Call& call, Instance& made) {
  const auto name = made["LogonName"].TextOr("");
  if (name.empty()) return BadValue("an administrator needs a LogonName");
  WW_TRY(const auto taken, call.store.Count("SMS_Admin", {{"LogonName", Text(name)}}), "LogonName");
  if (taken != 0) {
    return Fail(cim::ProviderError(cim::ProviderCode::kAlreadyExists,
                                   fmt::format("{} is an administrator already", name)));
  }
  WW_TRY(const auto id, NextIdentifier(call, "AdminID"), "AdminID");
  made.SetRaw("AdminID", Number(id));
  if (made["AdminSid"].TextOr("").empty()) {
    made.SetRaw("AdminSid", Text(fmt::format("S-1-5-21-0-0-0-{}", id & 0xFFFFFF)));
  }
  if (made["DisplayName"].TextOr("").empty()) made.SetRaw("DisplayName", Text(name));
  if (made["IsGroup"].is_null()) made.SetRaw("IsGroup", Flag(false));
  made.SetRaw("AccountType", Number(made["IsGroup"].BoolOr(false) ? 1 : 0));
  made.SetRaw("IsDeleted", Flag(false));
  made.SetRaw("CreatedBy", call.User());
  made.SetRaw("CreatedDate", call.Now());
  made.SetRaw("SourceSite", call.SiteCode());
  return CompleteAdmin(call, made);
}

bool IsFull(const Instance& admin) {
  for (const auto& element : List(admin["Permissions"])) {
    const auto* grant = element.AsObject();
    if (grant != nullptr && cim::SameName((*grant)["RoleID"].TextOr(""), kFullAdministrator) &&
        cim::SameName((*grant)["CategoryID"].TextOr(""), kScopeAll)) {
      return true;
    }
  }
  return false;
}

// A site that nobody can administer any more would be lost.
Status CheckOneRemains(Call& call, const Instance& without) {
  WW_TRY(const auto all, call.store.FindAll("SMS_Admin", {}), "administrators");
  for (const auto& one : all) {
    if (IsFull(one) && !(one["AdminID"] == without["AdminID"])) return {};
  }
  return BadValue("the last full administrator cannot be removed or lose that role");
}

Status UpdateAdmin(Call& call, const Instance& before, Instance& changed, const Instance&) {
  WW_RETURN_IF_ERROR(CompleteAdmin(call, changed));
  if (IsFull(before) && !IsFull(changed)) return CheckOneRemains(call, before);
  return {};
}

Result<bool> RemoveAdmin(Call& call, const Instance& admin) {
  if (IsFull(admin)) WW_RETURN_IF_ERROR(CheckOneRemains(call, admin));
  return false;
}

Status CheckNotBuiltIn(const Instance& object) {
  if (!object["IsBuiltIn"].BoolOr(false)) return {};
  return BadValue("what is built in cannot be changed");
}

// Eight characters as the built-in ones: site code, then a number, R for roles.
Status CreateRole(Call& call, Instance& made) {
  if (made["RoleName"].TextOr("").empty()) return BadValue("a role needs a RoleName");
  WW_TRY(const auto number, NextIdentifier(call, "RoleID"), "RoleID");
  made.SetRaw("RoleID", Text(fmt::format("{}{:04X}R", call.site().site_code, number & 0xFFFF)));
  made.SetRaw("IsBuiltIn", Flag(false));
  made.SetRaw("IsSecAdminRole", Flag(false));
  made.SetRaw("CreatedBy", call.User());
  made.SetRaw("CreatedDate", call.Now());
  made.SetRaw("LastModifiedBy", call.User());
  made.SetRaw("LastModifiedDate", call.Now());
  made.SetRaw("SourceSite", call.SiteCode());
  if (made["Operations"].is_null() && !made["CopiedFromID"].TextOr("").empty()) {
    WW_TRY(const auto from, call.store.FindOne("SMS_Role", {{"RoleID", made["CopiedFromID"]}}),
           "CopiedFromID");
    if (!from) return Missing("there is no role to copy from");
    made.SetRaw("Operations", (*from)["Operations"]);
  }
  return {};
}

Status UpdateRole(Call& call, const Instance& before, Instance& changed, const Instance&) {
  WW_RETURN_IF_ERROR(CheckNotBuiltIn(before));
  changed.SetRaw("LastModifiedBy", call.User());
  changed.SetRaw("LastModifiedDate", call.Now());
  return {};
}

Result<std::uint64_t> CountGrants(Call& call, std::string_view property, const cim::Value& id) {
  WW_TRY(const auto all, call.store.FindAll("SMS_Admin", {}), "administrators");
  std::uint64_t count = 0;
  for (const auto& admin : all) {
    const auto& grants = List(admin["Permissions"]);
    count +=
        std::any_of(grants.begin(), grants.end(),
                    [&](const cim::Value& grant) {
                      return grant.AsObject() != nullptr &&
                             cim::SameName((*grant.AsObject())[property].TextOr(""), id.TextOr(""));
                    })
            ? 1
            : 0;
  }
  return count;
}

Result<bool> RemoveUnused(Call& call, const Instance& object, std::string_view property) {
  WW_RETURN_IF_ERROR(CheckNotBuiltIn(object));
  WW_TRY(const auto users, CountGrants(call, property, object[property]), "grants");
  if (users == 0) return false;
  return Fail(cim::ProviderError(cim::ProviderCode::kReferenced,
                                 fmt::format("{} administrators have it", users)));
}

Status CreateScope(Call& call, Instance& made) {
  if (made["CategoryName"].TextOr("").empty()) return BadValue("a scope needs a CategoryName");
  WW_TRY(const auto number, NextIdentifier(call, "CategoryID"), "CategoryID");
  made.SetRaw("CategoryID", Text(fmt::format("{}{:05X}", call.site().site_code, number & 0xFFFFF)));
  made.SetRaw("IsBuiltIn", Flag(false));
  made.SetRaw("CreatedBy", call.User());
  made.SetRaw("CreatedDate", call.Now());
  made.SetRaw("LastModifiedBy", call.User());
  made.SetRaw("LastModifiedDate", call.Now());
  made.SetRaw("SourceSite", call.SiteCode());
  return {};
}

Status ShowScope(Call& call, Instance& scope) {
  WW_TRY(const auto objects,
         call.store.Count("SMS_SecuredCategoryMembership", {{"CategoryID", scope["CategoryID"]}}),
         "objects");
  WW_TRY(const auto admins, CountGrants(call, "CategoryID", scope["CategoryID"]), "grants");
  scope.SetRaw("NumberOfObjects", Number(objects));
  scope.SetRaw("NumberOfAdmins", Number(admins));
  return {};
}

Status ShowRole(Call& call, Instance& role) {
  WW_TRY(const auto admins, CountGrants(call, "RoleID", role["RoleID"]), "grants");
  role.SetRaw("NumberOfAdmins", Number(admins));
  return {};
}

const SecuredType* TypeOf(std::uint64_t id) {
  for (const auto& type : SecuredTypes()) {
    if (type.id == id) return &type;
  }
  return nullptr;
}

Status CheckMembership(Call& call, const Instance& row) {
  if (cim::SameName(row["CategoryID"].TextOr(""), kScopeAll)) {
    return BadValue("nothing is put into the scope of all objects");
  }
  WW_TRY(const auto scope,
         call.store.Count("SMS_SecuredCategory", {{"CategoryID", row["CategoryID"]}}), "scope");
  if (scope == 0) return Missing("there is no such scope");
  const auto* type = TypeOf(row["ObjectTypeID"].UintOr(0));
  if (type == nullptr || (type->instance_operations & kOpSetSecurityScope) == 0) {
    return BadValue("objects of that type are in no scopes");
  }
  WW_TRY(const auto cls, call.store.schema().Get(type->class_name), "class");
  if (cls->keys().empty()) return {};
  const auto& key = cls->properties()[cls->keys()[0]];
  auto value = row["ObjectKey"];
  if (cim::IsInteger(key.type.type)) {
    value = Number(std::strtoull(value.TextOr("").c_str(), nullptr, 10));
  }
  WW_TRY(const auto there, call.store.Count(cls->name(), {{key.name, value}}), "object");
  if (there == 0) return Missing(fmt::format("there is no {}", row["ObjectKey"].TextOr("")));
  return {};
}

Status ChangeMemberships(MethodCall& m, bool add) {
  const auto& ids = List(m.Argument("ObjectIDs"));
  const auto& types = List(m.Argument("ObjectTypeIDs"));
  const auto& scopes = List(m.Argument("CategoryIDs"));
  if (ids.size() != types.size()) {
    return BadValue("ObjectIDs and ObjectTypeIDs have different lengths");
  }
  auto& call = m.call;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto type = static_cast<std::uint32_t>(types[i].UintOr(0));
    WW_TRY(const auto allowed,
           call.access.On(call.store, type, ids[i].TextOr(""), kOpSetSecurityScope), "access");
    if (!allowed) return Denied(fmt::format("{} may not set scopes", call.context.user));
    for (const auto& scope : scopes) {
      WW_TRY(auto row, call.store.Make("SMS_SecuredCategoryMembership"), "scope");
      row.SetRaw("CategoryID", scope);
      row.SetRaw("ObjectKey", ids[i]);
      row.SetRaw("ObjectTypeID", types[i]);
      if (add) {
        WW_RETURN_IF_ERROR(CheckMembership(call, row));
        WW_RETURN_IF_ERROR(call.store.Save(row));
      } else {
        WW_TRY(const auto path, cim::PathOf(row), "scope");
        WW_RETURN_IF_ERROR(call.store.Delete(path).map([](bool) {}));
      }
      WW_RETURN_IF_ERROR(Audit(call, add ? 31226 : 31227, {ids[i].TextOr(""), scope.TextOr("")}));
    }
  }
  return {};
}

Status EnumerateGrants(std::string_view class_name, Call& call, const cim::InstanceSink& sink) {
  WW_TRY(const auto all, call.store.FindAll("SMS_Admin", {}), "administrators");
  for (const auto& admin : all) {
    std::vector<std::string> seen;
    for (const auto& element : List(admin["Permissions"])) {
      const auto* grant = element.AsObject();
      if (grant == nullptr) continue;
      WW_TRY(auto row, call.store.Make(class_name), "row");
      for (const char* name :
           {"RoleID", "RoleName", "CategoryID", "CategoryName", "CategoryTypeID"}) {
        if (row.cls().FindProperty(name)) row.SetRaw(name, (*grant)[name]);
      }
      row.SetRaw("AdminID", admin["AdminID"]);
      if (row.cls().FindProperty("LogonName")) row.SetRaw("LogonName", admin["LogonName"]);
      if (row.cls().FindProperty("GrantedToCurrentUser")) {
        row.SetRaw("GrantedToCurrentUser",
                   Flag(cim::SameName(admin["LogonName"].TextOr(""), call.context.user)));
      }
      const auto path = cim::PathOf(row);
      if (path && std::find(seen.begin(), seen.end(), path->Relative()) != seen.end()) continue;
      if (path) seen.push_back(path->Relative());
      if (!sink(row)) return {};
    }
  }
  return {};
}

struct NamedOperation {
  std::uint32_t bit;
  std::string_view name;
};
constexpr NamedOperation kOperations[] = {
    {kOpRead, "Read"},
    {kOpModify, "Modify"},
    {kOpDelete, "Delete"},
    {kOpCopyToDistributionPoint, "Copy to Distribution Point"},
    {kOpSetSecurityScope, "Set Security Scope"},
    {kOpCreate, "Create"},
    {kOpManageFolderItem, "Manage Folder Item"},
    {kOpManageFolder, "Manage Folder"}};

Status FillOperation(Instance& row, const SecuredType& type, const NamedOperation& operation) {
  row.SetRaw("BitFlag", Number(operation.bit));
  row.SetRaw("OperationName", Text(operation.name));
  row.SetRaw("ObjectTypeID", Number(type.id));
  row.SetRaw("IsTypeWideOperation", Flag((type.instance_operations & operation.bit) == 0));
  return {};
}

Status EnumerateTypes(Call& call, const cim::InstanceSink& sink) {
  for (const auto& type : SecuredTypes()) {
    WW_TRY(auto row, call.store.Make("SMS_RbacSecuredObject"), "type");
    row.SetRaw("ObjectTypeID", Number(type.id));
    row.SetRaw("ObjectTypeName", Text(type.class_name));
    row.SetRaw("AvailableInstanceOperations", Number(type.instance_operations));
    row.SetRaw("AvailableTypeOperations", Number(type.type_operations));
    row.SetRaw("GrantedOperations", Number(call.access.OperationsSomewhere(type.id)));
    cim::Value::Array operations;
    for (const auto& operation : kOperations) {
      if ((type.type_operations & operation.bit) == 0) continue;
      WW_TRY(auto one, call.store.Make("SMS_Operation"), "operation");
      WW_RETURN_IF_ERROR(FillOperation(one, type, operation));
      operations.push_back(Embedded(std::move(one)));
    }
    row.SetRaw("Operations", cim::Value::Of(std::move(operations)));
    if (!sink(row)) return {};
  }
  return {};
}

Status EnumerateOperations(Call& call, const cim::InstanceSink& sink) {
  for (const auto& type : SecuredTypes()) {
    for (const auto& operation : kOperations) {
      if ((type.type_operations & operation.bit) == 0) continue;
      WW_TRY(auto row, call.store.Make("SMS_AvailableOperation"), "operation");
      WW_RETURN_IF_ERROR(FillOperation(row, type, operation));
      row.SetRaw("ObjectTypeName", Text(type.class_name));
      if (!sink(row)) return {};
    }
  }
  return {};
}

// On a class: what is granted somewhere; on an instance: what is granted there.
Status UserHasPermissions(MethodCall& m) {
  auto& call = m.call;
  const auto wanted = static_cast<std::uint32_t>(m.Argument("Permissions").UintOr(0));
  WW_TRY(const auto path, cim::ParseObjectPath(m.Argument("ObjectPath").TextOr("")), "ObjectPath");
  WW_TRY(const auto cls, call.store.schema().Get(path.class_name), "ObjectPath");
  std::uint32_t granted = 0;
  for (const auto& type : SecuredTypes()) {
    if (!cim::SameName(type.class_name, cls->name())) continue;
    if (path.kind == cim::ObjectPath::Kind::kClass) {
      granted = call.access.OperationsSomewhere(type.id);
      continue;
    }
    WW_TRY(const auto canonical, cim::Canonical(path, *cls), "ObjectPath");
    WW_TRY(granted,
           call.access.OperationsOn(call.store, type.id, cim::ToText(canonical.keys[0].value)),
           "access");
  }
  m.Result("ReturnValue", Flag(wanted != 0 && (granted & wanted) == wanted));
  m.Result("Permissions", Number(granted & wanted));
  return {};
}

Status MyRights(MethodCall& m) {
  WW_TRY(const auto cls, m.call.store.schema().Get("WW_Right"), "class");
  cim::Value::Array roles, rights;
  for (const auto& name : m.call.access.roles()) roles.push_back(Text(name));
  for (const auto& type : SecuredTypes()) {
    const auto operations = m.call.access.OperationsSomewhere(type.id);
    auto one = Instance::Spawn(cls);
    one.SetRaw("ObjectTypeID", Number(type.id));
    one.SetRaw("ObjectTypeName", Text(type.class_name));
    one.SetRaw("Operations", Number(operations));
    one.SetRaw("Everywhere",
               Flag(operations != 0 && m.call.access.Everywhere(type.id, operations)));
    rights.push_back(Embedded(std::move(one)));
  }
  m.Result("User", m.call.User());
  m.Result("Roles", cim::Value::Of(std::move(roles)));
  m.Result("Rights", cim::Value::Of(std::move(rights)));
  return {};
}

}  // namespace

Status MakeFullAdministrator(Call& call, std::string_view logon_name) {
  WW_TRY(const auto there, call.store.Count("SMS_Admin", {{"LogonName", Text(logon_name)}}),
         "administrator");
  if (there != 0) return {};
  WW_TRY(auto admin, call.store.Make("SMS_Admin"), "administrator");
  WW_TRY(auto grant, call.store.Make("SMS_APermission"), "grant");
  grant.SetRaw("RoleID", Text(kFullAdministrator));
  grant.SetRaw("CategoryID", Text(kScopeAll));
  admin.SetRaw("LogonName", Text(logon_name));
  admin.SetRaw("Permissions", cim::Value::Of({Embedded(std::move(grant))}));
  WW_RETURN_IF_ERROR(CreateAdmin(call, admin));
  return call.store.Insert(admin);
}

void BindSecurity(Bindings& bindings) {
  auto& admin = bindings["SMS_Admin"];
  admin.generated_key = "AdminID";
  admin.object_type = kTypeAdministrator;
  admin.create = CreateAdmin;
  admin.update = UpdateAdmin;
  admin.remove = RemoveAdmin;
  auto& role = bindings["SMS_Role"];
  role.generated_key = "RoleID";
  role.object_type = kTypeSecurityRole;
  role.create = CreateRole;
  role.update = UpdateRole;
  role.show = ShowRole;
  role.shows_rows_only = true;
  role.remove = [](Call& call, const Instance& one) { return RemoveUnused(call, one, "RoleID"); };
  auto& scope = bindings["SMS_SecuredCategory"];
  scope.generated_key = "CategoryID";
  scope.object_type = kTypeSecurityScope;
  scope.create = CreateScope;
  scope.update = UpdateRole;
  scope.show = ShowScope;
  scope.shows_rows_only = true;
  scope.remove = [](Call& call, const Instance& one) {
    return RemoveUnused(call, one, "CategoryID");
  };
  auto& membership = bindings["SMS_SecuredCategoryMembership"];
  membership.guard = [](Call&, const Instance& row) -> Result<Guard> {
    return Guard{static_cast<std::uint32_t>(row["ObjectTypeID"].UintOr(0)),
                 row["ObjectKey"].TextOr("")};
  };
  membership.write_operations = kOpSetSecurityScope;
  membership.create = [](Call& call, Instance& row) { return CheckMembership(call, row); };
  for (const char* name : {"SMS_Permission", "SMS_AdminRole", "SMS_AdminCategory"}) {
    auto& grants = bindings[name];
    grants.source = ClassBinding::Source::kComputed;
    grants.guard = [](Call&, const Instance& row) -> Result<Guard> {
      return Guard{kTypeAdministrator, std::to_string(row["AdminID"].UintOr(0))};
    };
    grants.enumerate = [name](Call& call, const cim::InstanceSink& sink) {
      return EnumerateGrants(name, call, sink);
    };
  }
  auto& types = bindings["SMS_RbacSecuredObject"];
  types.source = ClassBinding::Source::kComputed;
  types.enumerate = EnumerateTypes;
  auto& operations = bindings["SMS_AvailableOperation"];
  operations.source = ClassBinding::Source::kComputed;
  operations.enumerate = EnumerateOperations;
  bindings.SetMethod("SMS_SecuredCategoryMembership", "AddMemberships",
                     [](MethodCall& m) { return ChangeMemberships(m, true); });
  bindings.SetMethod("SMS_SecuredCategoryMembership", "RemoveMemberships",
                     [](MethodCall& m) { return ChangeMemberships(m, false); });
  bindings.SetMethod("SMS_RbacSecuredObject", "UserHasPermissions", UserHasPermissions);
  bindings.SetMethod("WW_Access", "MyRights", MyRights);
}

}  // namespace ww::provider
