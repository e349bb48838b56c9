// wimwrightd serve
#include <CLI/CLI.hpp>

#include "command.h"
#include "point_role.h"
#include "serve.h"
#include "wimwright/usage/server_commands.h"

namespace ww::server {
namespace {

const usage::Manual kManual{
    "",
    "serve",
    usage::kServeSummary,
    usage::kServeDescription,
    {{"serve --data /var/lib/wimwright", "as site.toml says"},
     {"serve --data /var/lib/wimwright --listen 127.0.0.1:8080 --plain-http", "behind a proxy"}}};

class Serve final : public Command {
 public:
  const usage::Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    usage::DefineServe(app, given_);
    app.add_flag("--plain-http", plain_http_, "No TLS; loopback addresses only");
  }
  Status Run() override {
    if (IsPointFolder(given_.data)) return ServePoint({given_.data, given_.listen, plain_http_});
    return ServeSite({given_.data, given_.listen, plain_http_});
  }

 private:
  usage::ServeArguments given_;
  bool plain_http_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeServe() { return std::make_unique<Serve>(); }

}  // namespace ww::server
