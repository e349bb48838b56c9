// wimwrightd point init, point serve, point token
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "command.h"
#include "point_role.h"

namespace ww::server {
namespace {

// Tokens come from a file or the command line, which other users of the machine can see.
struct Enrollment {
  InitPointOptions options;
  std::string data, token_file;

  void Define(CLI::App& app, bool required) {
    app.add_option("--data", data, "Folder of the point")->required()->type_name("DIR");
    auto* site = app.add_option("--site", options.site_url,
                                "Where the site listens for points: https://HOST:8444");
    site->type_name("URL");
    if (required) site->required();
    app.add_option("--token", options.token, "The site's token for this point")->type_name("TOKEN");
    app.add_option("--token-file", token_file, "Its first line is the token")->type_name("FILE");
    app.add_option("--listen", options.listen, "Where clients come; default: 0.0.0.0:8445")
        ->type_name("HOST:PORT");
  }
  Result<std::string> Run() {
    options.dir = data;
    if (!token_file.empty()) {
      std::ifstream in(token_file);
      if (!std::getline(in, options.token)) {
        return Fail(Error{Code::kNotFound, token_file + " holds no token",
                          "Write the token into the first line of the file.", 0});
      }
    }
    if (options.token.empty()) {
      return Fail(Error{Code::kUsage, "a point needs a token of its site",
                        "Give --token or --token-file.", 0});
    }
    return InitPoint(options);
  }
};

const usage::Manual kInit{
    "point",
    "init",
    "Make a distribution point and enroll it at its site",
    "The token is made at the site. It counts once, and for an hour or as long as it says; it\n"
    "proves the site to the point and the point to the site.\n\n"
    "Of a point that exists: enrolls it again, which ends its earlier certificate.",
    {{"point init --data /var/lib/wimwright-point --site https://site:8444 --token-file token",
      "the token comes from the site"}}};

class PointInit final : public Command {
 public:
  const usage::Manual& manual() const override { return kInit; }
  void Define(CLI::App& app) override {
    enrollment_.Define(app, true);
    app.add_option("--address", enrollment_.options.address, "Where clients reach it")
        ->type_name("URL");
  }
  Status Run() override {
    const auto point = enrollment_.Run();
    if (!point) return Fail(point.error());
    std::cout << "point: " << *point << "\n";
    return {};
  }

 private:
  Enrollment enrollment_;
};

const usage::Manual kServe{
    "point",
    "serve",
    "Run a distribution point in the foreground",
    "The same as serve --data DIR; with --site and a token it makes the point first, when it is\n"
    "not there. wimwrightd --role distribution-point means this command.\n\n"
    "Prints the address of its content when it listens.",
    {{"point serve --data /var/lib/wimwright-point", "as point.toml says"}}};

class PointServe final : public Command {
 public:
  const usage::Manual& manual() const override { return kServe; }
  void Define(CLI::App& app) override {
    enrollment_.Define(app, false);
    app.add_flag("--plain-http", plain_http_, "No TLS for clients; loopback addresses only");
  }
  Status Run() override {
    const auto& options = enrollment_.options;
    if (!IsPointFolder(enrollment_.data) && !options.site_url.empty()) {
      if (auto made = enrollment_.Run(); !made) return Fail(made.error());
    }
    return ServePoint({enrollment_.data, options.listen, plain_http_});
  }

 private:
  Enrollment enrollment_;
  bool plain_http_ = false;
};

const usage::Manual kToken{
    "point",
    "token",
    "Make a token with which clients read the point's content",
    "Printed once; the point keeps its digest in DIR/access-tokens. Counts from the next start.\n"
    "Clients send it as Authorization: Bearer TOKEN.",
    {{"point token --data /var/lib/wimwright-point", "for one client, or for all"}}};

class PointToken final : public Command {
 public:
  const usage::Manual& manual() const override { return kToken; }
  void Define(CLI::App& app) override {
    app.add_option("--data", data_, "Folder of the point")->required()->type_name("DIR");
  }
  Status Run() override {
    const auto token = MakeAccessToken(data_);
    if (!token) return Fail(token.error());
    std::cout << *token << "\n";
    return {};
  }

 private:
  std::string data_;
};

}  // namespace

std::unique_ptr<Command> MakePointInit() { return std::make_unique<PointInit>(); }
std::unique_ptr<Command> MakePointServe() { return std::make_unique<PointServe>(); }
std::unique_ptr<Command> MakePointToken() { return std::make_unique<PointToken>(); }

}  // namespace ww::server
