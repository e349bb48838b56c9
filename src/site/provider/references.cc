#include "wimwright/provider/references.h"

#include <fmt/format.h>

namespace ww::provider {
namespace {

Result<cim::Instance> Find(Call& call, std::string_view class_name, std::string_view package_id) {
  WW_TRY(auto found, call.store.FindOne(class_name, {{"PackageID", Text(package_id)}}), "package");
  if (found) return *std::move(found);
  if (package_id.find(' ') != std::string_view::npos) {
    // Scripts that find an image by a name that several have join the ids
    // (sms-provider-behaviour.md 12.10).
    return Missing(
        fmt::format("'{}' is no PackageID: it has a blank in it, as if several ids had been joined",
                    package_id));
  }
  return Missing(fmt::format("there is no package {}", package_id));
}

}  // namespace

Result<cim::Instance> PackageOf(Call& call, std::string_view package_id) {
  return Find(call, "SMS_PackageBaseclass", package_id);
}

Result<cim::Instance> ImageOf(Call& call, std::string_view package_id) {
  WW_TRY(auto package, PackageOf(call, package_id), "image");
  const auto type = ObjectTypeOf(package.cls());
  if (type == kTypeImagePackage || type == kTypeUpgradePackage) return package;
  return Missing(fmt::format("{} is neither an image nor an upgrade package", package_id));
}

std::uint32_t ObjectTypeOf(const cim::ClassDeclaration& cls) {
  for (const auto& type : SecuredTypes()) {
    if (cim::SameName(type.class_name, cls.name())) return type.id;
  }
  return 0;
}

Status CheckNotServiced(Call& call, std::string_view package_id) {
  WW_TRY(const auto running,
         call.store.Count("SMS_ImageServicingProgress",
                          {{"ImagePackageID", Text(package_id)}, {"Status", cim::Value::Int(1)}}),
         "progress");
  if (running == 0) return {};
  return Fail(cim::ProviderError(cim::ProviderCode::kBusy,
                                 fmt::format("{} is being serviced now", package_id)));
}

}  // namespace ww::provider
