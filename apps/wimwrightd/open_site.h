// A site's accounts for a command that works on the machine itself, beside a running server or not.
#pragma once

#include <memory>
#include <string>

#include "site_folder.h"
#include "wimwright/accounts/accounts.h"
#include "wimwright/database/database.h"

namespace ww::server {

struct OpenSite {
  SiteConfiguration configuration;
  std::unique_ptr<database::Database> database;
  std::unique_ptr<accounts::Accounts> accounts;
};

Result<OpenSite> OpenSiteAt(const std::filesystem::path& data);

// "DOM\\anna" with the local domain, and "anna", are the local account "anna". kUsage for names of
// other domains and for what is no name.
Result<std::string> LocalAccountName(const SiteConfiguration& configuration,
                                     std::string_view given);

}  // namespace ww::server
