// wimwrightd account set, list, remove
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "command.h"
#include "open_site.h"
#include "password.h"
#include "wimwright/base/file.h"
#include "wimwright/http/password_hash.h"
#include "wimwright/provider/site_provider.h"

namespace ww::server {
namespace {

const usage::Manual kSet{
    "account",
    "set",
    "Make an account, or give it another password",
    "Without --password-file a password is made and printed once. A changed password counts at\n"
    "once; the old one may work for one more minute on a server that is running.\n\n"
    "An account may sign in, and do nothing: what it may do is said by an instance of SMS_Admin "
    "with\n"
    "its roles and scopes. --full-administrator makes that one: for the first administrators, and\n"
    "as the way back in.",
    {{"account set anna --data /var/lib/wimwright", "makes an account and prints its password"},
     {"account set admin --data /var/lib/wimwright --full-administrator",
      "when the administrator's password was lost"}}};

class AccountSet final : public Command {
 public:
  const usage::Manual& manual() const override { return kSet; }
  void Define(CLI::App& app) override {
    app.add_option("NAME", name_, "The account")->required()->type_name("");
    app.add_option("--data", data_, "Folder of the site")->required()->type_name("DIR");
    app.add_option("--password-file", file_, "Its first line is the password")->type_name("FILE");
    app.add_flag("--full-administrator", administrator_, "It may do everything");
  }
  Status Run() override {
    WW_TRY(const auto site, OpenSiteAt(data_), "site");
    WW_TRY(const auto name, LocalAccountName(site.configuration, name_), "account");
    WW_TRY(const auto password,
           GivenOrNew(file_.empty() ? std::nullopt : std::optional<std::filesystem::path>(file_)),
           "password");
    WW_TRY(const auto hash, http::HashPassword(password.text), "password");
    WW_TRY_STATUS(site.accounts->SetPassword(name, hash), "account");
    const auto full = site.configuration.domain + "\\" + name;
    if (administrator_) WW_RETURN_IF_ERROR(MakeAdministrator(site, full));
    std::cout << fmt::format("account: {}\n", full);
    if (password.made) std::cout << fmt::format("password: {}\n", password.text);
    return {};
  }

 private:
  static Status MakeAdministrator(const OpenSite& site, const std::string& name) {
    WW_TRY(const auto schema, cim::LoadBuiltInSchema(), "schema");
    provider::ProviderOptions options;
    options.site = site.configuration.site;
    options.schema = &schema;
    options.database = site.database.get();
    options.files = &RealFileSystem();
    WW_TRY(const auto provider, provider::SiteProvider::Open(options), "site");
    WW_TRY_STATUS(provider->AddFullAdministrator(name), "administrator");
    return {};
  }

  std::string name_, data_, file_;
  bool administrator_ = false;
};

const usage::Manual kList{"account",
                          "list",
                          "List the local accounts",
                          "One name a line. Users of Kerberos have no account here.",
                          {{"account list --data /var/lib/wimwright", "all names"}}};

class AccountList final : public Command {
 public:
  const usage::Manual& manual() const override { return kList; }
  void Define(CLI::App& app) override {
    app.add_option("--data", data_, "Folder of the site")->required()->type_name("DIR");
  }
  Status Run() override {
    WW_TRY(const auto site, OpenSiteAt(data_), "site");
    WW_TRY(const auto names, site.accounts->Names(), "accounts");
    for (const auto& name : names) {
      std::cout << fmt::format("{}\\{}\n", site.configuration.domain, name);
    }
    return {};
  }

 private:
  std::string data_;
};

const usage::Manual kRemove{
    "account",
    "remove",
    "Take an account and its tokens away",
    "Nobody signs in with it any more. Its instance of SMS_Admin stays: delete that, too.",
    {{"account remove anna --data /var/lib/wimwright", "and all her tokens"}}};

class AccountRemove final : public Command {
 public:
  const usage::Manual& manual() const override { return kRemove; }
  void Define(CLI::App& app) override {
    app.add_option("NAME", name_, "The account")->required()->type_name("");
    app.add_option("--data", data_, "Folder of the site")->required()->type_name("DIR");
  }
  Status Run() override {
    WW_TRY(const auto site, OpenSiteAt(data_), "site");
    WW_TRY(const auto name, LocalAccountName(site.configuration, name_), "account");
    return site.accounts->Remove(name);
  }

 private:
  std::string name_, data_;
};

}  // namespace

std::unique_ptr<Command> MakeAccountSet() { return std::make_unique<AccountSet>(); }
std::unique_ptr<Command> MakeAccountList() { return std::make_unique<AccountList>(); }
std::unique_ptr<Command> MakeAccountRemove() { return std::make_unique<AccountRemove>(); }

}  // namespace ww::server
