// Who is asking: HTTP authentication schemes, the limit on guessing, and how they combine.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/result.h"
#include "wimwright/http/request.h"

namespace ww::http {

// What one connection has said so far; schemes of several legs keep their context here.
struct ConnectionAuth {
  std::shared_ptr<void> negotiate;
};

struct AuthOutcome {
  enum class Kind {
    kUser,       // `user` is who it is
    kContinue,   // 401 with `challenges`, the exchange goes on (Negotiate)
    kRefused,    // 401 with `challenges`: no credentials, or wrong ones
    kForbidden,  // 403: known, but not in this way
    kTooMany,    // 429: too many failures; `retry_after`
    kUnknown,    // 503: nobody can tell at the moment, for want of a database; counts as no failure
  };
  Kind kind = Kind::kRefused;
  User user = {};
  std::vector<std::string> challenges =
      {};  // values of WWW-Authenticate; with kUser: of mutual auth
  std::chrono::seconds retry_after{0};
  std::string reason = {};  // for the log, never for the client
};

// Thread-safe. Called on worker threads: may take its time.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual AuthOutcome Authenticate(const Request& request, ConnectionAuth& connection) = 0;
  // Who it is, when these credentials were found right a moment ago: on an I/O thread, must not
  // wait. nullopt says nothing about them.
  virtual std::optional<User> Recall(const Request& request) {
    static_cast<void>(request);
    return std::nullopt;
  }
};

// One scheme: takes the text after its name in the Authorization field.
class AuthScheme {
 public:
  virtual ~AuthScheme() = default;
  virtual std::string_view name() const = 0;  // "Basic"
  virtual std::string challenge() const = 0;  // "Basic realm=\"...\", charset=\"UTF-8\""
  // The name that failures are counted for; empty when the credentials do not tell.
  virtual std::string ClaimedName(std::string_view credentials) const {
    static_cast<void>(credentials);
    return {};
  }
  virtual AuthOutcome Try(std::string_view credentials, const Request& request,
                          ConnectionAuth& connection) = 0;
  // See Authenticator::Recall.
  virtual std::optional<User> Recall(std::string_view credentials) {
    static_cast<void>(credentials);
    return std::nullopt;
  }
};

// Basic. `verify` compares a password, slowly (see password_hash.h); answers the name to use, or
// nothing, or that it cannot tell. Successes are remembered for `remember` under a keyed digest, so
// that requests on a kept-alive connection are quick; Forget() drops them (a changed password).
struct BasicOptions {
  std::string realm = "wimwright";
  std::function<Result<std::optional<User>>(std::string_view name, std::string_view password)>
      verify;
  std::chrono::seconds remember{60};
  // What must still be the same for a success to be remembered, such as the stored hash, whoever
  // changed it; nothing: there is no such account. `recall_stamp` does the same without waiting,
  // when it happens to know (Authenticator::Recall). Empty: time alone counts.
  std::function<Result<std::optional<std::string>>(std::string_view name)> stamp = {};
  std::function<std::optional<std::string>(std::string_view name)> recall_stamp = {};
};
class BasicScheme : public AuthScheme {
 public:
  virtual void Forget(std::string_view name) = 0;
};
std::unique_ptr<BasicScheme> MakeBasic(BasicOptions options, const Clock& clock = SystemClock());

// Bearer tokens of our own making. `find` gets the SHA-256 of the token in lower-case hex (what is
// stored), so that a stolen table is worth nothing, and answers whose it is. `recall` does the same
// without waiting, for tokens that it happens to know (Authenticator::Recall).
using FindToken = std::function<Result<std::optional<User>>(std::string_view sha256_hex)>;
using RecallToken = std::function<std::optional<User>(std::string_view sha256_hex)>;
std::unique_ptr<AuthScheme> MakeBearer(std::string realm, FindToken find, RecallToken recall = {});
// A fresh token of 256 random bits: what the user gets, and what is stored.
struct NewToken {
  std::string token, sha256_hex;
};
Result<NewToken> MakeToken();

// Negotiate: SPNEGO and bare Kerberos tokens through GSSAPI with the keys of `keytab`. kUnsupported
// when the keytab cannot be used.
struct NegotiateOptions {
  std::string keytab;  // a path; empty: the system's default
};
Result<std::unique_ptr<AuthScheme>> MakeNegotiate(const NegotiateOptions& options);

// Several schemes in order of preference, with a limit on failures: after `failures` within
// `window` from one address or for one name, every attempt from or for it is 429 until the window
// has passed, right or wrong.
struct RateLimit {
  int failures_per_address = 20;
  int failures_per_user = 10;
  std::chrono::seconds window{300};
};
std::unique_ptr<Authenticator> MakeAuthenticator(std::vector<std::unique_ptr<AuthScheme>> schemes,
                                                 const RateLimit& limit = {},
                                                 const Clock& clock = SystemClock());

}  // namespace ww::http
