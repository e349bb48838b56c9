#include "wimwright/provider/access.h"

#include <algorithm>
#include <array>

namespace ww::provider {
namespace {

constexpr std::uint32_t kPackageInstance =
    kOpRead | kOpModify | kOpDelete | kOpCopyToDistributionPoint | kOpSetSecurityScope;
constexpr std::uint32_t kPackageAll =
    kPackageInstance | kOpCreate | kOpManageFolderItem | kOpManageFolder;
constexpr std::uint32_t kPlainInstance = kOpRead | kOpModify | kOpDelete | kOpSetSecurityScope;
constexpr std::uint32_t kPlainAll = kPlainInstance | kOpCreate;

constexpr std::array kTypes{
    SecuredType{kTypeSite, "SMS_Site", kOpRead | kOpModify, kOpRead | kOpModify},
    SecuredType{kTypeConfigurationItem, "SMS_ConfigurationItem", kPlainInstance, kPlainAll},
    SecuredType{kTypeUpgradePackage, "SMS_OperatingSystemInstallPackage", kPackageInstance,
                kPackageAll},
    SecuredType{kTypeImagePackage, "SMS_ImagePackage", kPackageInstance, kPackageAll},
    SecuredType{kTypeUpdatesPackage, "SMS_SoftwareUpdatesPackage", kPackageInstance, kPackageAll},
    SecuredType{kTypeSecurityRole, "SMS_Role", 0, kOpRead | kOpModify | kOpDelete | kOpCreate},
    SecuredType{kTypeAdministrator, "SMS_Admin", 0, kOpRead | kOpModify | kOpDelete | kOpCreate},
    SecuredType{kTypeSecurityScope, "SMS_SecuredCategory", 0,
                kOpRead | kOpModify | kOpDelete | kOpCreate},
    SecuredType{kTypeApplication, "SMS_ContentPackage", kPackageInstance, kPackageAll},
    SecuredType{kTypeUpdateGroup, "SMS_AuthorizationList", kPlainInstance,
                kPlainAll | kOpManageFolderItem | kOpManageFolder},
    SecuredType{kTypeDistributionPoint, "SMS_DistributionPointInfo",
                kOpRead | kOpModify | kOpCopyToDistributionPoint | kOpSetSecurityScope,
                kOpRead | kOpModify | kOpCopyToDistributionPoint | kOpSetSecurityScope | kOpCreate |
                    kOpDelete},
    SecuredType{kTypeDistributionPointGroup, "SMS_DistributionPointGroup",
                kPlainInstance | kOpCopyToDistributionPoint,
                kPlainAll | kOpCopyToDistributionPoint},
    SecuredType{kTypeStatusMessage, "SMS_StatusMessage", 0, kOpRead | kOpModify | kOpDelete},
    SecuredType{kTypeSoftwareUpdate, "SMS_SoftwareUpdate", 0,
                kPlainAll | kOpManageFolderItem | kOpManageFolder},
};

struct RoleSeed {
  std::string_view id, name, description;
  bool read_all = false;  // Read on every type
  std::vector<std::uint32_t> full;
};

const std::vector<RoleSeed>& RoleSeeds() {
  static const std::vector<RoleSeed> seeds = [] {
    std::vector<std::uint32_t> all;
    for (const auto& type : kTypes) all.push_back(type.id);
    const std::vector<std::uint32_t> images{kTypeImagePackage, kTypeUpgradePackage};
    const std::vector<std::uint32_t> updates{kTypeSoftwareUpdate, kTypeUpdateGroup,
                                             kTypeUpdatesPackage};
    const std::vector<std::uint32_t> points{kTypeDistributionPoint, kTypeDistributionPointGroup,
                                            kTypeSite};
    const std::vector<std::uint32_t> security{kTypeSecurityRole, kTypeAdministrator,
                                              kTypeSecurityScope};
    auto operations = updates;
    operations.insert(operations.end(), images.begin(), images.end());
    operations.insert(operations.end(), points.begin(), points.end());
    operations.push_back(kTypeStatusMessage);
    return std::vector<RoleSeed>{
        {"SMS0001R", "Full Administrator", "Every operation on every object.", true, all},
        {"SMS0002R", "Read-only Analyst", "Sees everything, changes nothing.", true, {}},
        {"SMS0003R", "Remote Tools Operator", "No rights in this product area.", false, {}},
        {"SMS0004R", "Asset Manager", "No rights in this product area.", false, {}},
        {"SMS0006R",
         "Compliance Settings Manager",
         "Configuration items.",
         true,
         {kTypeConfigurationItem}},
        {"SMS0007R", "Application Deployment Manager", "Sees packages.", true, {}},
        {"SMS0008R", "Application Author", "Content packages.", true, {kTypeApplication}},
        {"SMS0009R", "Application Administrator", "Content packages.", true, {kTypeApplication}},
        {"SMS000AR", "Operating System Deployment Manager", "Images and upgrade packages.", true,
         images},
        {"SMS000BR", "Infrastructure Manager", "Distribution points and the site.", true, points},
        {"SMS000CR", "Software Update Manager", "Updates, groups and deployment packages.", true,
         updates},
        {"SMS000ER", "Operations Administrator", "All but security.", true, operations},
        {"SMS000FR", "Security Administrator", "Roles, scopes and administrators.", true, security},
        {"SMS000GR", "Endpoint Protection Manager", "No rights in this product area.", false, {}},
    };
  }();
  return seeds;
}

cim::Value Text(std::string_view text) { return cim::Value::String(std::string(text)); }

Result<cim::Value> OperationsOf(ObjectStore& store, const RoleSeed& seed) {
  cim::Value::Array out;
  for (const auto& type : kTypes) {
    const bool full = std::find(seed.full.begin(), seed.full.end(), type.id) != seed.full.end();
    const std::uint32_t granted = full            ? type.type_operations
                                  : seed.read_all ? std::uint32_t{kOpRead}
                                                  : 0;
    if (granted == 0) continue;
    WW_TRY(auto operation, store.Make("SMS_ARoleOperation"), "role");
    operation.SetRaw("ObjectTypeID", cim::Value::Uint(type.id));
    operation.SetRaw("GrantedOperations", cim::Value::Uint(granted));
    out.push_back(cim::Value::Object(std::make_shared<const cim::Instance>(std::move(operation))));
  }
  return cim::Value::Of(std::move(out));
}

Status SeedRole(ObjectStore& store, const RoleSeed& seed, std::string_view site_code,
                const cim::DateTime& now) {
  WW_TRY(auto role, store.Make("SMS_Role"), "role");
  role.SetRaw("RoleID", Text(seed.id));
  role.SetRaw("RoleName", Text(seed.name));
  role.SetRaw("RoleDescription", Text(seed.description));
  role.SetRaw("CopiedFromID", Text(""));
  role.SetRaw("IsBuiltIn", cim::Value::Bool(true));
  role.SetRaw("IsSecAdminRole",
              cim::Value::Bool(seed.id == kFullAdministrator || seed.id == "SMS000FR"));
  role.SetRaw("SourceSite", Text(site_code));
  role.SetRaw("CreatedBy", Text("NT AUTHORITY\\SYSTEM"));
  role.SetRaw("LastModifiedBy", Text("NT AUTHORITY\\SYSTEM"));
  role.SetRaw("CreatedDate", cim::Value::Date(now));
  role.SetRaw("LastModifiedDate", cim::Value::Date(now));
  WW_TRY(auto operations, OperationsOf(store, seed), "role");
  role.SetRaw("Operations", std::move(operations));
  return store.Save(role);
}

Status SeedScope(ObjectStore& store, std::string_view id, std::string_view name,
                 std::string_view description, std::string_view site_code,
                 const cim::DateTime& now) {
  WW_TRY(auto scope, store.Make("SMS_SecuredCategory"), "scope");
  scope.SetRaw("CategoryID", Text(id));
  scope.SetRaw("CategoryName", Text(name));
  scope.SetRaw("CategoryDescription", Text(description));
  scope.SetRaw("IsBuiltIn", cim::Value::Bool(true));
  scope.SetRaw("SourceSite", Text(site_code));
  scope.SetRaw("CreatedBy", Text("NT AUTHORITY\\SYSTEM"));
  scope.SetRaw("LastModifiedBy", Text("NT AUTHORITY\\SYSTEM"));
  scope.SetRaw("CreatedDate", cim::Value::Date(now));
  scope.SetRaw("LastModifiedDate", cim::Value::Date(now));
  return store.Save(scope);
}

// Administrators are known by DOM\name; who signs in without a domain is looked for by the bare
// name, too.
Result<std::vector<cim::Instance>> AdministratorsFor(ObjectStore& store,
                                                     const cim::Context& context) {
  std::vector<std::string> names{context.user};
  names.insert(names.end(), context.groups.begin(), context.groups.end());
  std::vector<cim::Instance> out;
  for (const auto& name : names) {
    if (name.empty()) continue;
    WW_TRY(auto found, store.FindAll("SMS_Admin", {{"LogonName", Text(name)}}), "administrators");
    for (auto& one : found) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::span<const SecuredType> SecuredTypes() { return kTypes; }

Result<Access> Access::Of(ObjectStore& store, const cim::Context& context) {
  Access access;
  WW_TRY(const auto admins, AdministratorsFor(store, context), "access");
  std::map<std::string, std::map<std::uint32_t, std::uint32_t>> roles;
  for (const auto& admin : admins) {
    const auto* permissions = admin["Permissions"].AsArray();
    if (permissions == nullptr) continue;
    for (const auto& element : *permissions) {
      const auto* permission = element.AsObject();
      if (permission == nullptr) continue;
      const auto role_id = (*permission)["RoleID"].TextOr("");
      if (roles.count(role_id) == 0) {
        auto& operations = roles[role_id];
        WW_TRY(const auto role, store.FindOne("SMS_Role", {{"RoleID", Text(role_id)}}), "role");
        if (role) access.roles_.insert((*role)["RoleName"].TextOr(role_id));
        const auto* list = role ? (*role)["Operations"].AsArray() : nullptr;
        for (const auto& operation : list != nullptr ? *list : cim::Value::Array()) {
          const auto* object = operation.AsObject();
          if (object == nullptr) continue;
          operations[static_cast<std::uint32_t>((*object)["ObjectTypeID"].UintOr(0))] |=
              static_cast<std::uint32_t>((*object)["GrantedOperations"].UintOr(0));
        }
      }
      Grant grant;
      grant.scope = (*permission)["CategoryID"].TextOr("");
      grant.everywhere = cim::SameName(grant.scope, kScopeAll);
      grant.operations = roles[role_id];
      access.grants_.push_back(std::move(grant));
    }
  }
  return access;
}

bool Access::Somewhere(std::uint32_t type, std::uint32_t operations) const {
  return (OperationsSomewhere(type) & operations) == operations;
}

std::uint32_t Access::OperationsSomewhere(std::uint32_t type) const {
  std::uint32_t out = 0;
  for (const auto& grant : grants_) {
    if (const auto it = grant.operations.find(type); it != grant.operations.end()) {
      out |= it->second;
    }
  }
  return out;
}

bool Access::Everywhere(std::uint32_t type, std::uint32_t operations) const {
  const auto secured = std::find_if(kTypes.begin(), kTypes.end(),
                                    [type](const SecuredType& one) { return one.id == type; });
  // What has no scopes is not limited by them.
  const bool scoped =
      secured != kTypes.end() && (secured->instance_operations & operations) == operations;
  std::uint32_t out = 0;
  for (const auto& grant : grants_) {
    if (!grant.everywhere && scoped) continue;
    if (const auto it = grant.operations.find(type); it != grant.operations.end()) {
      out |= it->second;
    }
  }
  return (out & operations) == operations;
}

Result<std::uint32_t> Access::OperationsOn(ObjectStore& store, std::uint32_t type,
                                           std::string_view key) const {
  std::optional<std::vector<std::string>> scopes;
  std::uint32_t out = 0;
  for (const auto& grant : grants_) {
    const auto it = grant.operations.find(type);
    if (it == grant.operations.end()) continue;
    bool applies = grant.everywhere;
    if (!applies) {
      if (!scopes) {
        WW_TRY(scopes, ScopesOf(store, type, key), "scopes");
      }
      applies = std::any_of(scopes->begin(), scopes->end(), [&](const std::string& scope) {
        return cim::SameName(scope, grant.scope);
      });
    }
    if (applies) out |= it->second;
  }
  return out;
}

Result<bool> Access::On(ObjectStore& store, std::uint32_t type, std::string_view key,
                        std::uint32_t operations) const {
  if (Everywhere(type, operations)) return true;
  WW_TRY(const auto granted, OperationsOn(store, type, key), "access");
  return (granted & operations) == operations;
}

Result<std::vector<std::string>> ScopesOf(ObjectStore& store, std::uint32_t type,
                                          std::string_view key) {
  WW_TRY(const auto memberships,
         store.FindAll("SMS_SecuredCategoryMembership",
                       {{"ObjectKey", Text(key)}, {"ObjectTypeID", cim::Value::Uint(type)}}),
         "scopes");
  std::vector<std::string> out;
  for (const auto& membership : memberships) out.push_back(membership["CategoryID"].TextOr(""));
  if (out.empty()) out.emplace_back(kScopeDefault);
  return out;
}

Status SeedSecurity(ObjectStore& store, std::string_view site_code, const cim::DateTime& now) {
  for (const auto& seed : RoleSeeds()) {
    WW_TRY_STATUS(SeedRole(store, seed, site_code, now), seed.id);
  }
  WW_RETURN_IF_ERROR(
      SeedScope(store, kScopeAll, "All", "All objects of the site.", site_code, now));
  return SeedScope(store, kScopeDefault, "Default", "Objects that are in no other scope.",
                   site_code, now);
}

}  // namespace ww::provider
