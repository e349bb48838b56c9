// The page and its sign-in. Everything else the page asks of the administration service and of the
// event stream, as any program could.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "wimwright/accounts/sessions.h"
#include "wimwright/base/clock.h"
#include "wimwright/console/assets.h"
#include "wimwright/http/authenticator.h"
#include "wimwright/http/handler.h"

namespace ww::console {

struct ConsoleOptions {
  std::span<const Asset> assets = BuiltInAssets();
  const accounts::Sessions* sessions = nullptr;  // these outlive the handler
  http::Authenticator* schemes = nullptr;        // passwords, tokens: the sign-in asks it
  const Clock* clock = &SystemClock();
  bool kerberos = false;  // whether the schemes have it
  std::string site_code, site_name, version;
  // The user as the site names it, and whether it is an administrator of the site at all.
  std::function<std::pair<std::string, bool>(const http::User&)> describe;
};

// GET    /console/...                the page; GET / and /console lead there
// GET    /console/site               200 {"site","name","kerberos"}: before the sign-in
// POST   /console/session            {"user","password"} or {"token"}: 200 {"user","csrf",...} and
//                                    the cookie; 401, 403 for who is no administrator, 429
// GET    /console/session            200 the same, 401
// DELETE /console/session            204
// GET    /console/session/kerberos   303 to the page
// Thread-safe.
class ConsoleHandler final : public http::Handler {
 public:
  explicit ConsoleHandler(ConsoleOptions options) : options_(std::move(options)) {}
  static bool Serves(const http::Target& target);
  http::Treatment TreatmentOf(const http::Request& head) const override;
  http::Response Handle(const http::Request& request) override;

 private:
  http::Response File(const http::Request& request, std::string_view path) const;
  http::Response SignIn(const http::Request& request);
  http::Response Begin(const http::User& user, bool redirect);
  http::Response Describe(const http::Request& request) const;
  http::Response SignOut(const http::Request& request);
  std::string SessionJson(const http::User& user, std::string_view secret, TimePoint expires) const;

  ConsoleOptions options_;
};

}  // namespace ww::console
