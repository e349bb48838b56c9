// Who is signed in with a browser: what a cookie stands for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/database/database.h"

namespace ww::accounts {

struct SignedIn {
  std::string user;    // as the scheme that let them in spells it
  std::string scheme;  // "Basic", "Bearer", "Negotiate"
  std::string detail;
  TimePoint created{};
  TimePoint used{};     // last request that somebody made on purpose
  TimePoint expires{};  // what comes first of the two ends
};

// A session as others may see it. The id is the beginning of the stored digest: it says which one,
// and from it nobody finds what the browser has.
struct ListedSession {
  std::string id;
  SignedIn who;
};
std::string SessionId(std::string_view sha256_hex);

struct SessionLimits {
  std::chrono::seconds idle{3600};           // without a request
  std::chrono::seconds whole{12 * 60 * 60};  // at all
};

// Sessions stand in the database, so that they outlive a server and count on all of them. Only the
// SHA-256 of what the browser has is stored. Thread-safe. Another password, the end of an account
// and the end of the token that was shown end its sessions (accounts.h).
class Sessions {
 public:
  // Accounts::Open has defined the table.
  Sessions(database::Database& database, const Clock& clock, const SessionLimits& limits)
      : database_(&database), clock_(&clock), limits_(limits) {}

  // Ends what has expired, too.
  Status Begin(std::string_view sha256_hex, const SignedIn& who) const;
  // Nothing for unknown and for expired ones. `active`: a person did something; the session is good
  // for the idle time again (written once a minute at most).
  Result<std::optional<SignedIn>> Find(std::string_view sha256_hex, bool active) const;
  Status End(std::string_view sha256_hex) const;

  // Those that still count, the most recently used first, kMostListed at most.
  Result<std::vector<ListedSession>> List() const;
  // By the id of List; kNotFound.
  Status EndListed(std::string_view id) const;
  static constexpr std::size_t kMostListed = 1000;

 private:
  database::Database* database_;
  const Clock* clock_;
  SessionLimits limits_;
};

}  // namespace ww::accounts
