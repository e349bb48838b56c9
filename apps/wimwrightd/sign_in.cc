#include "sign_in.h"

#include <fmt/format.h>

#include <cctype>

#include "wimwright/http/password_hash.h"

namespace ww::server {
namespace {

// "DOM\admin" with the local domain is the local account "admin".
std::string LocalName(std::string_view name, std::string_view domain) {
  const auto slash = name.find('\\');
  if (slash == std::string_view::npos) return std::string(name);
  if (!cim::SameName(name.substr(0, slash), domain)) return {};
  return std::string(name.substr(slash + 1));
}

}  // namespace

std::string AccountName(const http::User& user, std::string_view local_domain) {
  if (user.name.find('\\') != std::string::npos) return user.name;
  const auto at = user.name.find('@');
  if (at == std::string::npos) return fmt::format("{}\\{}", local_domain, user.name);
  auto domain = user.name.substr(at + 1);
  domain = domain.substr(0, domain.find('.'));
  for (auto& c : domain) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return fmt::format("{}\\{}", domain, user.name.substr(0, at));
}

Result<std::unique_ptr<http::Authenticator>> MakeSignIn(const SiteConfiguration& configuration,
                                                        accounts::Accounts& accounts) {
  std::vector<std::unique_ptr<http::AuthScheme>> schemes;
  if (!configuration.keytab.empty()) {
    WW_TRY(auto negotiate, http::MakeNegotiate({configuration.keytab}), "Kerberos");
    schemes.push_back(std::move(negotiate));
  }
  schemes.push_back(http::MakeBearer(
      "wimwright",
      [&accounts](std::string_view digest) -> Result<std::optional<http::User>> {
        WW_TRY(const auto token, accounts.FindToken(digest), "token");
        if (!token) return std::nullopt;
        return http::User{token->user, "Bearer", token->label};
      },
      [&accounts](std::string_view digest) -> std::optional<http::User> {
        const auto token = accounts.RecallToken(digest);
        if (!token) return std::nullopt;
        return http::User{token->user, "Bearer", token->label};
      }));
  http::BasicOptions basic;
  basic.verify = [&accounts, domain = configuration.domain](
                     std::string_view name,
                     std::string_view password) -> Result<std::optional<http::User>> {
    const auto local = LocalName(name, domain);
    WW_TRY(const auto hash, accounts.PasswordHash(local), "account");
    // Somebody unknown costs as much time as a wrong password.
    static const auto kNobody = http::HashPassword("nobody has this password").value_or("");
    const bool known = hash && !local.empty();
    const bool right = http::VerifyPassword(password, known ? *hash : kNobody);
    if (!known || !right) return std::nullopt;
    return http::User{local, "Basic", {}};
  };
  basic.stamp = [&accounts, domain = configuration.domain](std::string_view name) {
    return accounts.PasswordHash(LocalName(name, domain));
  };
  basic.recall_stamp = [&accounts, domain = configuration.domain](std::string_view name) {
    return accounts.RecallPasswordHash(LocalName(name, domain));
  };
  schemes.push_back(http::MakeBasic(std::move(basic)));
  return http::MakeAuthenticator(std::move(schemes));
}

}  // namespace ww::server
