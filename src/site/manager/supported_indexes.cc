#include "supported_indexes.h"

#include <algorithm>

namespace ww::manager {
namespace {

// "10.0.14393" of "10.0.14393.2312".
std::string BuildOf(const std::string& version) {
  std::size_t end = 0;
  for (int dots = 0; end < version.size(); ++end) {
    if (version[end] == '.' && ++dots == 3) break;
  }
  return version.substr(0, end);
}

}  // namespace

Result<std::vector<int>> SupportedIndexes(provider::Call& call,
                                          const std::vector<provider::IndexProperties>& indexes) {
  WW_TRY(const auto platforms, call.store.FindAll("SMS_SupportedPlatformsOfflineServicing", {}),
         "platforms");
  std::vector<int> out;
  for (const auto& index : indexes) {
    const bool known = std::any_of(platforms.begin(), platforms.end(), [&](const auto& platform) {
      return platform["OsVersionBuild"].TextOr("") == BuildOf(index.os_version) &&
             (index.product_type.empty() ||
              cim::SameName(platform["ProductType"].TextOr(""), index.product_type));
    });
    if (known) out.push_back(index.index);
  }
  return out;
}

}  // namespace ww::manager
