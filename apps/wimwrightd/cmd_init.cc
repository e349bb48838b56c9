// wimwrightd init
#include <fmt/format.h>

#include <iostream>

#include "command.h"
#include "init.h"
#include "wimwright/usage/server_commands.h"

namespace ww::server {
namespace {

const usage::Manual kManual{
    "",
    "init",
    usage::kInitSummary,
    usage::kInitDescription,
    {{"init --data /var/lib/wimwright --site-code LAB", "with SQLite"},
     {"init --data /var/lib/wimwright --site-code LAB --database postgresql://wim@db/wimwright",
      "with PostgreSQL"}}};

class Init final : public Command {
 public:
  const usage::Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override { usage::DefineInit(app, given_); }
  Status Run() override {
    InitOptions options;
    options.dir = given_.data;
    options.site_code = given_.site_code;
    options.site_name = given_.site_name;
    options.server_name = given_.server_name;
    options.database = given_.database;
    options.logs = given_.logs;
    options.content = given_.content;
    options.join = given_.join;
    if (!given_.admin.empty()) options.admin = given_.admin;
    if (!given_.listen.empty()) options.listen = given_.listen;
    if (!given_.admin_password_file.empty()) {
      options.admin_password_file = given_.admin_password_file;
    }
    const auto report = InitSite(options);
    if (!report) return Fail(report.error());
    if (!report->admin.empty()) std::cout << fmt::format("administrator: {}\n", report->admin);
    if (!report->generated_password.empty()) {
      std::cout << fmt::format("password: {}\n", report->generated_password);
    }
    std::cout << fmt::format("certificate: {}\nfingerprint: {}\n", report->certificate.string(),
                             report->fingerprint);
    return {};
  }

 private:
  usage::InitArguments given_;
};

}  // namespace

std::unique_ptr<Command> MakeInit() { return std::make_unique<Init>(); }

}  // namespace ww::server
