// The SMS Provider of a site: the SMS_* classes over the site's database.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/log.h"
#include "wimwright/cim/provider.h"
#include "wimwright/database/database.h"
#include "wimwright/provider/site_settings.h"

namespace ww::provider {

// What happens because of a call, told to whoever works for the site (the manager, the distributor)
// after the transaction of the call has been committed. Called on the caller's thread: be quick.
class SiteEvents {
 public:
  virtual ~SiteEvents() = default;
  // RunOfflineServicingManager, or a schedule whose Action asks for something now.
  virtual void ServicingRequested(std::string_view package_id) { static_cast<void>(package_id); }
  // A package's source is to be taken in again, or its assignments changed.
  virtual void ContentChanged(std::string_view package_id) { static_cast<void>(package_id); }
};

struct ProviderOptions {
  SiteSettings site;
  const cim::Schema* schema = nullptr;  // all four outlive the provider
  database::Database* database = nullptr;
  FileSystem* files = nullptr;  // where sources of packages are read
  const Clock* clock = &SystemClock();
  Logger* log = nullptr;         // SMSProv.log: one line per call
  SiteEvents* events = nullptr;  // may be null
};

// Thread-safe. Every call is one transaction: it happened as a whole or not at all.
class SiteProvider : public cim::Provider {
 public:
  // Defines the tables, and what every site has: built-in roles and scopes, its own site control
  // file, its supported platforms.
  static Result<std::unique_ptr<SiteProvider>> Open(const ProviderOptions& options);

  // Makes an administrator with the role Full Administrator over all scopes, unless there is one of
  // that name (`site init`).
  virtual Status AddFullAdministrator(std::string_view logon_name) = 0;
  // Whether any role is granted to this user: who has none may not even ask (403).
  virtual Result<bool> IsAdministrator(const cim::Context& context) = 0;
};

}  // namespace ww::provider
