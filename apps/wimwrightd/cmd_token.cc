// wimwrightd token create, list, revoke
#include <fmt/chrono.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "command.h"
#include "open_site.h"
#include "wimwright/http/authenticator.h"

namespace ww::server {
namespace {

std::string Day(TimePoint time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(time));
}

const usage::Manual kCreate{
    "token",
    "create",
    "Make an API token and print it once",
    "Whoever has the token is the account, with all its rights: give programs an account of their\n"
    "own. It is sent as Authorization: Bearer TOKEN, or given to wimwright with --token-file. "
    "Only\n"
    "its SHA-256 is kept.",
    {{"token create build --label nightly --days 90 --data /var/lib/wimwright",
      "ends after three months"}}};

class TokenCreate final : public Command {
 public:
  const usage::Manual& manual() const override { return kCreate; }
  void Define(CLI::App& app) override {
    app.add_option("NAME", name_, "The account")->required()->type_name("");
    app.add_option("--data", data_, "Folder of the site")->required()->type_name("DIR");
    app.add_option("--label", label_, "What it is for")->required()->type_name("TEXT");
    app.add_option("--days", days_, "It ends after so many days; default: 365")
        ->check(CLI::Range(1, 3650).description(""))
        ->type_name("N");
  }
  Status Run() override {
    WW_TRY(const auto site, OpenSiteAt(data_), "site");
    WW_TRY(const auto name, LocalAccountName(site.configuration, name_), "account");
    WW_TRY(const auto account, site.accounts->PasswordHash(name), "account");
    if (!account) {
      return Fail(Error{Code::kNotFound, fmt::format("there is no account {}", name),
                        "Make it first: wimwrightd account set NAME --data DIR", 0});
    }
    WW_TRY(const auto made, http::MakeToken(), "token");
    const auto now = SystemClock().Now();
    WW_TRY_STATUS(site.accounts->AddToken(made.sha256_hex,
                                          {label_, name, now, now + std::chrono::days(days_)}),
                  "token");
    std::cout << made.token << "\n";
    return {};
  }

 private:
  std::string name_, data_, label_;
  int days_ = 365;
};

const usage::Manual kList{"token",
                          "list",
                          "List an account's tokens",
                          "Label, day of making and day of ending; never the token itself.",
                          {{"token list build --data /var/lib/wimwright", "one line each"}}};

class TokenList final : public Command {
 public:
  const usage::Manual& manual() const override { return kList; }
  void Define(CLI::App& app) override {
    app.add_option("NAME", name_, "The account")->required()->type_name("");
    app.add_option("--data", data_, "Folder of the site")->required()->type_name("DIR");
  }
  Status Run() override {
    WW_TRY(const auto site, OpenSiteAt(data_), "site");
    WW_TRY(const auto name, LocalAccountName(site.configuration, name_), "account");
    WW_TRY(const auto tokens, site.accounts->Tokens(name), "tokens");
    for (const auto& token : tokens) {
      std::cout << fmt::format("{}  {}  {}\n", Day(token.created),
                               token.expires ? Day(*token.expires) : "never", token.label);
    }
    return {};
  }

 private:
  std::string name_, data_;
};

const usage::Manual kRevoke{
    "token",
    "revoke",
    "End a token",
    "The next request with it is refused.",
    {{"token revoke build --label nightly --data /var/lib/wimwright", "the token of this label"}}};

class TokenRevoke final : public Command {
 public:
  const usage::Manual& manual() const override { return kRevoke; }
  void Define(CLI::App& app) override {
    app.add_option("NAME", name_, "The account")->required()->type_name("");
    app.add_option("--data", data_, "Folder of the site")->required()->type_name("DIR");
    app.add_option("--label", label_, "The token's label")->required()->type_name("TEXT");
  }
  Status Run() override {
    WW_TRY(const auto site, OpenSiteAt(data_), "site");
    WW_TRY(const auto name, LocalAccountName(site.configuration, name_), "account");
    return site.accounts->RevokeToken(name, label_);
  }

 private:
  std::string name_, data_, label_;
};

}  // namespace

std::unique_ptr<Command> MakeTokenCreate() { return std::make_unique<TokenCreate>(); }
std::unique_ptr<Command> MakeTokenList() { return std::make_unique<TokenList>(); }
std::unique_ptr<Command> MakeTokenRevoke() { return std::make_unique<TokenRevoke>(); }

}  // namespace ww::server
