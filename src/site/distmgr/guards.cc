#include "guards.h"

#include <fmt/format.h>

#include "wimwright/provider/references.h"

namespace ww::distmgr {

Result<provider::Guard> GuardOfPackage(provider::Call& call, const cim::Instance& instance) {
  std::string id;
  for (const char* name : {"PackageID", "PkgID", "ObjectID"}) {
    const auto* value = instance.Find(name);
    if (value != nullptr && !value->is_null()) {
      id = value->TextOr("");
      break;
    }
  }
  WW_TRY(const auto package,
         call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", provider::Text(id)}}),
         "package");
  return provider::Guard{
      package ? provider::ObjectTypeOf(package->cls()) : provider::kTypeImagePackage, id};
}

Status CheckMay(provider::Call& call, std::string_view package_id, std::uint32_t operations) {
  WW_TRY(const auto package, provider::PackageOf(call, package_id), "package");
  if (call.context.user == provider::SystemContext().user) return {};
  const auto type = provider::ObjectTypeOf(package.cls());
  WW_TRY(const auto readable, call.access.On(call.store, type, package_id, provider::kOpRead),
         "access");
  if (!readable) return provider::Missing(fmt::format("there is no package {}", package_id));
  WW_TRY(const auto allowed, call.access.On(call.store, type, package_id, operations), "access");
  if (allowed) return {};
  return provider::Denied(fmt::format("{} may not do this with {}", call.context.user, package_id));
}

}  // namespace ww::distmgr
