// Role based administration: what a caller may do to what (sms-provider-behaviour.md 11).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/provider/object_store.h"

namespace ww::provider {

// Bits of GrantedOperations.
enum Operation : std::uint32_t {
  kOpRead = 1,
  kOpModify = 2,
  kOpDelete = 4,
  kOpCopyToDistributionPoint = 8,
  kOpSetSecurityScope = 16,
  kOpCreate = 1024,
  kOpManageFolderItem = 8192,
  kOpManageFolder = 131072,
};

// Object types of ours; the numbers are the product's.
enum ObjectType : std::uint32_t {
  kTypeSite = 6,
  kTypeConfigurationItem = 11,
  kTypeUpgradePackage = 14,
  kTypeImagePackage = 18,
  kTypeUpdatesPackage = 24,
  kTypeSecurityRole = 26,
  kTypeAdministrator = 28,
  kTypeSecurityScope = 29,
  kTypeApplication = 31,
  kTypeUpdateGroup = 34,
  kTypeDistributionPoint = 42,
  kTypeDistributionPointGroup = 43,
  kTypeStatusMessage = 59,
  kTypeSoftwareUpdate = 1011,
};

struct SecuredType {
  std::uint32_t id;
  std::string_view class_name;
  std::uint32_t instance_operations;  // may be limited by scope
  std::uint32_t type_operations;      // all that exist for it
};
std::span<const SecuredType> SecuredTypes();

inline constexpr std::string_view kScopeAll = "SMS00ALL";
inline constexpr std::string_view kScopeDefault = "SMS00UNA";
inline constexpr std::string_view kFullAdministrator = "SMS0001R";

// The grants of one caller, read once for each call.
class Access {
 public:
  static Result<Access> Of(ObjectStore& store, const cim::Context& context);

  // Whether anything at all was granted.
  bool is_administrator() const { return !grants_.empty(); }
  // On some object of the type, in whatever scope.
  bool Somewhere(std::uint32_t type, std::uint32_t operations) const;
  // On every object of the type.
  bool Everywhere(std::uint32_t type, std::uint32_t operations) const;
  // On this one; its scopes are looked up when they matter. `key`: PackageID and the like.
  Result<bool> On(ObjectStore& store, std::uint32_t type, std::string_view key,
                  std::uint32_t operations) const;
  // What the caller may do there, as bits.
  Result<std::uint32_t> OperationsOn(ObjectStore& store, std::uint32_t type,
                                     std::string_view key) const;
  std::uint32_t OperationsSomewhere(std::uint32_t type) const;
  // Names, each once.
  const std::set<std::string>& roles() const { return roles_; }

 private:
  struct Grant {
    bool everywhere = false;
    std::string scope;
    std::map<std::uint32_t, std::uint32_t> operations;  // by type
  };
  std::vector<Grant> grants_;
  std::set<std::string> roles_;
};

// Scopes of an object; the default one when it is in none.
Result<std::vector<std::string>> ScopesOf(ObjectStore& store, std::uint32_t type,
                                          std::string_view key);

// Built-in roles with their operations, scopes, and securable types: written once for each site.
Status SeedSecurity(ObjectStore& store, std::string_view site_code, const cim::DateTime& now);

}  // namespace ww::provider
