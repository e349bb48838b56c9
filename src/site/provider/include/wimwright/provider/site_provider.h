// The SMS Provider of a site: the SMS_* classes over the site's database.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/log.h"
#include "wimwright/cim/provider.h"
#include "wimwright/database/database.h"
#include "wimwright/provider/site_settings.h"

namespace ww::provider {

struct Call;     // call.h
class Bindings;  // binding.h

// What happens because of a call, told to whoever works for the site (the manager, the distributor)
// after the transaction of the call has been committed. Called on the caller's thread: be quick.
class SiteEvents {
 public:
  virtual ~SiteEvents() = default;
  // RunOfflineServicingManager, or a schedule whose Action asks for something now.
  virtual void ServicingRequested(std::string_view package_id) { static_cast<void>(package_id); }
  // What an image has is to be looked up again (SMS_ImageServicingScanRequest).
  virtual void ScanRequested(std::string_view package_id) { static_cast<void>(package_id); }
  // A package's source is to be taken in again, or its assignments changed.
  virtual void ContentChanged(std::string_view package_id) { static_cast<void>(package_id); }
  // Stored instances of a class were written or deleted. `key`: the package they belong to, or the
  // first key; empty for many at once.
  virtual void Changed(std::string_view class_name, std::string_view key, bool deleted) {
    static_cast<void>(class_name), static_cast<void>(key), static_cast<void>(deleted);
  }
};

struct ProviderOptions {
  SiteSettings site;
  const cim::Schema* schema = nullptr;  // all four outlive the provider
  database::Database* database = nullptr;
  FileSystem* files = nullptr;  // where sources of packages are read
  const Clock* clock = &SystemClock();
  Logger* log = nullptr;  // SMSProv.log: one line per call
  // What the components above the provider (catalogue, distribution, manager) bind: methods and
  // classes of their own.
  std::vector<std::function<void(Bindings&)>> components = {};
};

// Who the site's own components are when they call.
const cim::Context& SystemContext();

// Thread-safe. Every call is one transaction: it happened as a whole or not at all.
class SiteProvider : public cim::Provider {
 public:
  // Defines the tables, and what every site has: built-in roles and scopes, its own site control
  // file, its supported platforms.
  static Result<std::unique_ptr<SiteProvider>> Open(const ProviderOptions& options);

  // Work of the site's own components on its objects, in one transaction: all or nothing, and again
  // from the start when it collided with another one. Events follow the commit.
  virtual Status Transact(const cim::Context& context,
                          const std::function<Status(Call&)>& work) = 0;
  // The same for reading.
  virtual Status Read(const cim::Context& context, const std::function<Status(Call&)>& work) = 0;

  // `subscriber` outlives the provider or leaves before it ends.
  virtual void Subscribe(SiteEvents& subscriber) = 0;
  virtual void Unsubscribe(SiteEvents& subscriber) = 0;

  // Makes an administrator with the role Full Administrator over all scopes, unless there is one of
  // that name (`site init`).
  virtual Status AddFullAdministrator(std::string_view logon_name) = 0;
  // Whether any role is granted to this user: who has none may not even ask (403).
  virtual Result<bool> IsAdministrator(const cim::Context& context) = 0;
};

}  // namespace ww::provider
