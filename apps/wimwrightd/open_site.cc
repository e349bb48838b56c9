#include "open_site.h"

#include <fmt/format.h>

#include "wimwright/cim/names.h"

namespace ww::server {

Result<OpenSite> OpenSiteAt(const std::filesystem::path& data) {
  std::error_code error;
  OpenSite out;
  auto configuration =
      ReadConfiguration({std::filesystem::absolute(data, error)}, FromEnvironment());
  if (!configuration) return Fail(configuration.error());
  out.configuration = *std::move(configuration);
  WW_TRY(out.database, database::Database::Open(out.configuration.database), "database");
  WW_TRY(auto accounts, accounts::Accounts::Open(*out.database, SystemClock()), "accounts");
  out.accounts = std::make_unique<accounts::Accounts>(std::move(accounts));
  return out;
}

Result<std::string> LocalAccountName(const SiteConfiguration& configuration,
                                     std::string_view given) {
  const auto slash = given.find('\\');
  const auto name = slash == std::string_view::npos ? given : given.substr(slash + 1);
  const bool local = slash == std::string_view::npos ||
                     cim::SameName(given.substr(0, slash), configuration.domain);
  constexpr std::size_t kLongest = 64;
  const bool good = !name.empty() && name.size() <= kLongest &&
                    name.find_first_of(":@\\/\"'\t\r\n ") == std::string_view::npos;
  if (local && good) return std::string(name);
  return Fail(Error{
      Code::kUsage, fmt::format("'{}' is no name of a local account", given),
      "Take letters, digits, dots, hyphens, underscores; users of Kerberos need no account here.",
      0});
}

}  // namespace ww::server
