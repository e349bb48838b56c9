// Signing in with a browser: a cookie instead of a password with each request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wimwright/accounts/sessions.h"
#include "wimwright/http/authenticator.h"

namespace ww::console {

// The prefix makes browsers refuse it from any other host and without TLS.
inline constexpr std::string_view kCookie = "__Host-wimwright";
inline constexpr std::string_view kTokenField = "X-CSRF-Token";
// Of requests that the page makes by itself: they keep no session alive.
inline constexpr std::string_view kBackgroundField = "X-Background";
// The one place that asks for Kerberos: by a link, not by a script.
inline constexpr std::string_view kKerberosPath = "/console/session/kerberos";

// The session's secret in the Cookie field; nothing when there is none that could be one.
std::optional<std::string> SecretIn(const http::Request& request);
// What is stored of it.
std::string DigestOf(std::string_view secret);
// What a page of ours knows and a page of somebody else cannot find out.
std::string TokenOf(std::string_view secret);

// Sessions beside the schemes of `inner`. Changing requests with a cookie need the token (403).
// Scripts of a page get no challenges: the browser would answer with a window of its own. Both
// outlive it; thread-safe.
class SessionAuthenticator final : public http::Authenticator {
 public:
  SessionAuthenticator(http::Authenticator& inner, const accounts::Sessions& sessions)
      : inner_(inner), sessions_(sessions) {}
  http::AuthOutcome Authenticate(const http::Request& request,
                                 http::ConnectionAuth& connection) override;
  // Sessions are looked up, so only what the schemes know counts.
  std::optional<http::User> Recall(const http::Request& request) override {
    return inner_.Recall(request);
  }

 private:
  http::Authenticator& inner_;
  const accounts::Sessions& sessions_;
};

}  // namespace ww::console
