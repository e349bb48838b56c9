#include "wimwright/console/sign_in.h"

#include <openssl/crypto.h>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::console {
namespace {

constexpr std::size_t kMostSecret = 200;

bool IsSafe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

bool Same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// A script's request: browsers say so themselves, and a script cannot say otherwise.
bool IsOfAScript(const http::Request& request) {
  const auto mode = request.headers.Get("Sec-Fetch-Mode");
  return !mode.empty() && mode != "navigate";
}

std::string Hex(std::string_view text) { return ToHex(Sha256(AsBytes(text))); }

}  // namespace

std::optional<std::string> SecretIn(const http::Request& request) {
  std::string_view rest = request.headers.Get("Cookie");
  while (!rest.empty()) {
    const auto end = std::min(rest.find(';'), rest.size());
    const auto one = Trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!one.starts_with(kCookie) || one.size() <= kCookie.size() || one[kCookie.size()] != '=') {
      continue;
    }
    const auto secret = one.substr(kCookie.size() + 1);
    if (secret.empty() || secret.size() > kMostSecret) return std::nullopt;
    return std::string(secret);
  }
  return std::nullopt;
}

std::string DigestOf(std::string_view secret) { return Hex(secret); }

std::string TokenOf(std::string_view secret) {
  return Hex("token for changing requests: " + std::string(secret));
}

http::AuthOutcome SessionAuthenticator::Authenticate(const http::Request& request,
                                                     http::ConnectionAuth& connection) {
  using Kind = http::AuthOutcome::Kind;
  const auto secret = request.headers.Find("Authorization") ? std::nullopt : SecretIn(request);
  if (secret) {
    const bool active = !request.headers.Find(kBackgroundField);
    const auto found = sessions_.Find(DigestOf(*secret), active);
    if (!found) return {.kind = Kind::kUnknown, .reason = found.error().message};
    if (*found) {
      if (!IsSafe(request.method) && !Same(request.headers.Get(kTokenField), TokenOf(*secret))) {
        return {.kind = Kind::kForbidden,
                .reason = "a request of a page needs the field " + std::string(kTokenField)};
      }
      return {.kind = Kind::kUser, .user = {(*found)->user, (*found)->scheme, (*found)->detail}};
    }
  }
  auto outcome = inner_.Authenticate(request, connection);
  if (outcome.kind != Kind::kRefused) return outcome;
  if (secret) outcome.reason = "the session is over";
  if (request.target.path == kKerberosPath) {
    std::erase_if(outcome.challenges,
                  [](const std::string& one) { return !one.starts_with("Negotiate"); });
  } else if (IsOfAScript(request) || (secret && request.target.path == "/events")) {
    outcome.challenges.clear();
  }
  return outcome;
}

}  // namespace ww::console
