#include "token_methods.h"

#include <fmt/format.h>

#include "wimwright/http/authenticator.h"

namespace ww::server {
namespace {

using cim::Value;
using provider::LongMethodCall;
using provider::Text;

constexpr std::size_t kMostLabel = 100;
constexpr std::uint64_t kMostDays = 3650;
constexpr std::uint64_t kDays = 90;

// The local account behind "DOM\name"; kUnsupported for everybody else.
Result<std::string> AccountOf(const LongMethodCall& m, const accounts::Accounts& accounts,
                              std::string_view domain) {
  const std::string_view user = m.context.user;
  const auto slash = user.find('\\');
  if (slash != std::string_view::npos && cim::SameName(user.substr(0, slash), domain)) {
    const auto name = std::string(user.substr(slash + 1));
    WW_TRY(const auto hash, accounts.PasswordHash(name), "account");
    if (hash) return name;
  }
  return provider::Denied(fmt::format("{} is no account of this server", user));
}

}  // namespace

void BindTokens(provider::Bindings& bindings, accounts::Accounts& accounts, std::string domain,
                const Clock& clock) {
  bindings.SetLongMethod("WW_ApiToken", "List", [&accounts, domain](LongMethodCall& m) -> Status {
    WW_TRY(const auto name, AccountOf(m, accounts, domain), "account");
    WW_TRY(const auto tokens, accounts.Tokens(name), "tokens");
    WW_TRY(const auto cls, m.provider.schema().Get("WW_TokenInformation"), "class");
    Value::Array out;
    for (const auto& token : tokens) {
      auto one = cim::Instance::Spawn(cls);
      one.SetRaw("Label", Text(token.label));
      one.SetRaw("Created", Value::Date(token.created));
      if (token.expires) one.SetRaw("Expires", Value::Date(*token.expires));
      out.push_back(provider::Embedded(std::move(one)));
    }
    m.Result("Tokens", Value::Of(std::move(out)));
    return {};
  });
  bindings.SetLongMethod(
      "WW_ApiToken", "Create", [&accounts, &clock, domain](LongMethodCall& m) -> Status {
        WW_TRY(const auto name, AccountOf(m, accounts, domain), "account");
        accounts::Token token{m.Argument("Label").TextOr(""), name, clock.Now(), {}};
        if (token.label.empty() || token.label.size() > kMostLabel) {
          return provider::BadValue(fmt::format("a label has 1 to {} characters", kMostLabel));
        }
        const auto days = m.Argument("Days").is_null() ? kDays : m.Argument("Days").UintOr(0);
        if (days == 0 || days > kMostDays) {
          return provider::BadValue(fmt::format("Days is a number from 1 to {}", kMostDays));
        }
        token.expires = token.created + std::chrono::hours(24 * days);
        WW_TRY(const auto made, http::MakeToken(), "token");
        WW_TRY_STATUS(accounts.AddToken(made.sha256_hex, token), "token");
        m.Result("Token", Text(made.token));
        m.Result("Expires", Value::Date(*token.expires));
        return {};
      });
  bindings.SetLongMethod("WW_ApiToken", "Revoke", [&accounts, domain](LongMethodCall& m) -> Status {
    WW_TRY(const auto name, AccountOf(m, accounts, domain), "account");
    return accounts.RevokeToken(name, m.Argument("Label").TextOr(""));
  });
}

}  // namespace ww::server
