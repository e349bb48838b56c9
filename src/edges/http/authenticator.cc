#include "wimwright/http/authenticator.h"

#include <algorithm>

#include "failure_limit.h"
#include "wimwright/base/text.h"

namespace ww::http {
namespace {

// One customer of an IPv6 provider has at least a /64: it counts as one address.
std::string NetworkOf(const std::string& address) {
  if (address.find(':') == std::string::npos || address.starts_with("::ffff:")) return address;
  std::string out;
  int groups = 0;
  for (std::size_t i = 0; i < address.size() && groups < 4; ++i) {
    if (address[i] == ':') {
      if (i > 0 && address[i - 1] == ':') break;  // "::": what follows is zero or the host
      ++groups;
    }
    out += address[i];
  }
  return out;
}

class AuthenticatorImpl final : public Authenticator {
 public:
  AuthenticatorImpl(std::vector<std::unique_ptr<AuthScheme>> schemes, const RateLimit& limit,
                    const Clock& clock)
      : schemes_(std::move(schemes)), limit_(limit), failures_(limit.window, clock) {}

  AuthOutcome Authenticate(const Request& request, ConnectionAuth& connection) override {
    const auto [word, credentials] = Split(request);
    if (word.empty()) return Refused("no credentials");
    auto* scheme = Named(word);
    if (scheme == nullptr) return Refused("a scheme that is not offered");
    return Try(*scheme, credentials, request, connection);
  }

  // Who is locked out is not recalled either.
  std::optional<User> Recall(const Request& request) override {
    const auto [word, credentials] = Split(request);
    auto* scheme = Named(word);
    if (scheme == nullptr || Locked(*scheme, credentials, request).count() > 0) return std::nullopt;
    return scheme->Recall(credentials);
  }

 private:
  struct Words {
    std::string_view scheme, credentials;
  };
  static Words Split(const Request& request) {
    const auto field = Trim(request.headers.Get("Authorization"));
    const auto blank = std::min(field.find(' '), field.size());
    return {field.substr(0, blank), Trim(field.substr(blank))};
  }
  AuthScheme* Named(std::string_view word) const {
    for (const auto& scheme : schemes_) {
      if (EqualNoCaseAscii(scheme->name(), word)) return scheme.get();
    }
    return nullptr;
  }
  static std::string AddressKey(const Request& request) {
    return "a " + NetworkOf(request.peer.address);
  }
  // Empty: the credentials do not tell.
  static std::string NameKey(const AuthScheme& scheme, std::string_view credentials) {
    const auto name = ToLowerAscii(scheme.ClaimedName(credentials)).substr(0, 256);
    return name.empty() ? name : "n " + name;
  }
  std::chrono::seconds Locked(const AuthScheme& scheme, std::string_view credentials,
                              const Request& request) {
    if (failures_.none()) return {};
    auto wait = failures_.Wait(AddressKey(request), limit_.failures_per_address);
    const auto name = NameKey(scheme, credentials);
    if (!name.empty()) wait = std::max(wait, failures_.Wait(name, limit_.failures_per_user));
    return wait;
  }

  AuthOutcome Try(AuthScheme& scheme, std::string_view credentials, const Request& request,
                  ConnectionAuth& connection) {
    const auto wait = Locked(scheme, credentials, request);
    if (wait.count() > 0) {
      return {
          .kind = AuthOutcome::Kind::kTooMany, .retry_after = wait, .reason = "too many failures"};
    }
    auto outcome = scheme.Try(credentials, request, connection);
    if (outcome.kind != AuthOutcome::Kind::kRefused) return outcome;
    failures_.Count(AddressKey(request));
    if (const auto name = NameKey(scheme, credentials); !name.empty()) failures_.Count(name);
    return Refused(std::move(outcome.reason));
  }

  AuthOutcome Refused(std::string reason) const {
    AuthOutcome outcome{.reason = std::move(reason)};
    for (const auto& scheme : schemes_) outcome.challenges.push_back(scheme->challenge());
    return outcome;
  }

  std::vector<std::unique_ptr<AuthScheme>> schemes_;
  RateLimit limit_;
  FailureLimit failures_;
};

}  // namespace

void FailureLimit::Count(const std::string& who) {
  const auto now = clock_.Now();
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMost) {
    std::erase_if(entries_, [&](const auto& e) { return now - e.second.since >= window_; });
    // All within the window: somebody tries very many names. Those that failed once make room.
    if (entries_.size() >= kMost) {
      std::erase_if(entries_, [](const auto& e) { return e.second.failures <= 1; });
    }
    if (entries_.size() >= kMost) return;
  }
  auto& entry = entries_[who];
  if (entry.failures == 0 || now - entry.since >= window_) entry = {0, now};
  ++entry.failures;
}

std::chrono::seconds FailureLimit::Wait(const std::string& who, int most) {
  const auto now = clock_.Now();
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(who);
  if (it == entries_.end()) return {};
  const auto passed = now - it->second.since;
  if (passed >= window_) {
    entries_.erase(it);
    return {};
  }
  if (it->second.failures < most) return {};
  return std::chrono::ceil<std::chrono::seconds>(window_ - passed);
}

std::unique_ptr<Authenticator> MakeAuthenticator(std::vector<std::unique_ptr<AuthScheme>> schemes,
                                                 const RateLimit& limit, const Clock& clock) {
  return std::make_unique<AuthenticatorImpl>(std::move(schemes), limit, clock);
}

}  // namespace ww::http
