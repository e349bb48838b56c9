#include "settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "core.h"

namespace ww::distmgr {
namespace {

using provider::Number;
using provider::Text;

constexpr const char* kClass = "SMS_SCI_Component";
constexpr std::string_view kVersionsToKeep = "Versions To Keep";
constexpr std::uint64_t kMostVersions = 1000;

}  // namespace

Result<std::uint32_t> VersionsToKeep(provider::Call& call, const DistributionOptions& options) {
  WW_TRY(const auto item, call.store.FindOne(kClass, {{"ComponentName", Text(kComponentName)}}),
         "settings");
  std::uint64_t number = options.keep_versions;
  if (item) {
    for (const auto& element : provider::List((*item)["Props"])) {
      const auto* property = element.AsObject();
      if (property != nullptr && (*property)["PropertyName"].TextOr("") == kVersionsToKeep) {
        number = (*property)["Value"].UintOr(number);
      }
    }
  }
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(number, 1, kMostVersions));
}

Status SeedSettings(provider::Call& call, const DistributionOptions& options) {
  WW_TRY(const auto there, call.store.Count(kClass, {{"ComponentName", Text(kComponentName)}}),
         "settings");
  if (there != 0) return {};
  WW_TRY(auto property, call.store.Make("SMS_EmbeddedProperty"), "settings");
  property.SetRaw("PropertyName", Text(kVersionsToKeep));
  property.SetRaw("Value", Number(options.keep_versions));
  property.SetRaw("Value1", Text(""));
  property.SetRaw("Value2", Text(""));
  WW_TRY(auto item, call.store.Make(kClass), "settings");
  item.SetRaw("FileType", Number(2));
  item.SetRaw("ItemType", Text("Component"));
  item.SetRaw("ItemName", Text(fmt::format("{}|{}", kComponentName, call.site().server_name)));
  item.SetRaw("SiteCode", call.SiteCode());
  item.SetRaw("ComponentName", Text(kComponentName));
  item.SetRaw("Name", Text(call.site().server_name));
  item.SetRaw("Flag", Number(6));
  item.SetRaw("Props", cim::Value::Of({provider::Embedded(std::move(property))}));
  return call.store.Save(item);
}

}  // namespace ww::distmgr
