// The site server. Administrators reach it through `wimwright site init` and `site serve`, or
// systemd.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "init.h"
#include "serve.h"

namespace {

// The command line's exit codes (docs/cli.md), as far as they occur here.
int ExitCode(ww::Code code) {
  switch (code) {
    case ww::Code::kUsage:
      return 1;
    case ww::Code::kNoSpace:
      return 7;
    case ww::Code::kBusy:
      return 8;
    case ww::Code::kConflict:
    case ww::Code::kUnsupported:
      return 5;
    case ww::Code::kInternal:
      return 20;
    default:
      return 2;
  }
}

int Report(const ww::Error& error) {
  std::cerr << fmt::format("wimwrightd: {}\n  next:  {}\n  code:  {}, exit code {}\n",
                           error.message,
                           error.next_step.empty() ? "See the logs of the site." : error.next_step,
                           ww::CodeName(error.code), ExitCode(error.code));
  return ExitCode(error.code);
}

int Init(const ww::server::InitOptions& options) {
  const auto report = ww::server::InitSite(options);
  if (!report) return Report(report.error());
  std::cout << fmt::format("administrator: {}\n", report->admin);
  if (!report->generated_password.empty()) {
    std::cout << fmt::format("password: {}\n", report->generated_password);
  }
  std::cout << fmt::format("certificate: {}\nfingerprint: {}\n", report->certificate.string(),
                           report->fingerprint);
  return 0;
}

int Serve(const ww::server::ServeOptions& options) {
  const auto served = ww::server::ServeSite(options);
  return served ? 0 : Report(served.error());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The site server of wimwright.", "wimwrightd");
  app.require_subcommand(1);
  ww::server::InitOptions init;
  ww::server::ServeOptions serve;
  std::string password_file;
  auto* init_command = app.add_subcommand("init", "Make a site");
  init_command->add_option("--data", init.dir, "Folder of the site; new or empty")->required();
  init_command->add_option("--site-code", init.site_code, "Three letters or digits")->required();
  init_command->add_option("--site-name", init.site_name, "Name of the site");
  init_command->add_option("--server-name", init.server_name, "Default: the host's name");
  init_command->add_option("--database", init.database,
                           "postgresql://... instead of SQLite in the folder");
  init_command->add_option("--admin", init.admin, "First administrator")->capture_default_str();
  init_command->add_option("--admin-password-file", password_file,
                           "First line is the password; default: one is made and shown once");
  init_command->add_option("--listen", init.listen, "Written to site.toml")->capture_default_str();
  auto* serve_command = app.add_subcommand("serve", "Run a site in the foreground");
  serve_command->add_option("--data", serve.dir, "Folder of the site")->required();
  serve_command->add_option("--listen", serve.listen, "ADDRESS:PORT; default: as site.toml says");
  serve_command->add_flag("--plain-http", serve.plain_http, "No TLS; loopback addresses only");
  try {
    app.parse(argc, argv);
    if (!password_file.empty()) init.admin_password_file = password_file;
    return init_command->parsed() ? Init(init) : Serve(serve);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    return Report(ww::Error{ww::Code::kInternal, error.what(), {}, 0});
  }
}
