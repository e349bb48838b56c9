// From an authenticated name to the caller of the provider.
#pragma once

#include <memory>
#include <string>

#include "site_folder.h"
#include "wimwright/accounts/accounts.h"
#include "wimwright/cim/provider.h"
#include "wimwright/http/authenticator.h"

namespace ww::server {

// Basic over local accounts, API tokens, and Negotiate when a keytab is configured.
Result<std::unique_ptr<http::Authenticator>> MakeSignIn(const SiteConfiguration& configuration,
                                                        accounts::Accounts& accounts);

// DOMAIN\name: "admin" is of the local domain, "anna@EXAMPLE.ORG" is EXAMPLE\anna, "DOM\bob" stays.
std::string AccountName(const http::User& user, std::string_view local_domain);

}  // namespace ww::server
