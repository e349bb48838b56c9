// Images and distribution points of a site as commands name them.
#include "site_command.h"

namespace ww::cli {

Result<Json> FindImage(SiteClient& site, const std::string& name) {
  Json found = Json::array();
  for (const char* cls : {"SMS_ImagePackage", "SMS_OperatingSystemInstallPackage"}) {
    WW_TRY(
        const auto some,
        site.List(cls, fmt::format("PackageID eq {0} or Name eq {0}", SiteClient::Literal(name))),
        cls);
    for (const auto& one : some) found.push_back(one);
  }
  if (found.size() == 1) return found[0];
  return Fail(Error{found.empty() ? Code::kNotFound : Code::kConflict,
                    fmt::format("{} images are called {}", found.size(), name),
                    found.empty() ? "See wimwright site image list." : "Give the PackageID.", 0});
}

std::string ResourceOf(const Json& package) {
  return fmt::format("{}({})", package.value("__CLASS", ""),
                     SiteClient::Escape(SiteClient::Literal(package.value("PackageID", ""))));
}

Result<Json> FindPoint(SiteClient& site, const std::string& server) {
  return site.One("SMS_DistributionPointInfo",
                  fmt::format("ServerName eq {}", SiteClient::Literal(server)));
}

Result<Json> FindPointGroup(SiteClient& site, const std::string& name) {
  return site.One("SMS_DistributionPointGroup",
                  fmt::format("Name eq {}", SiteClient::Literal(name)));
}

}  // namespace ww::cli
