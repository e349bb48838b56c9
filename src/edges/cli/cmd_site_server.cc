// wimwright site init, site serve: the two that work on the machine itself. Both hand over to
// wimwrightd, which stands beside this program.
#include <unistd.h>

#include <filesystem>

#include "command.h"
#include "exit_code.h"
#include "wimwright/usage/server_commands.h"

namespace ww::cli {
namespace {

// Replaces this process: signals, output and exit code are the server's.
Result<int> BecomeServer(const char* command, const std::vector<std::string>& arguments) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto server = self.parent_path() / "wimwrightd";
  std::vector<char*> argv;
  std::vector<std::string> words{server.string(), command};
  words.insert(words.end(), arguments.begin(), arguments.end());
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(server.c_str(), argv.data());
  return Fail(Error{Code::kNotFound, fmt::format("{} cannot be started", server.string()),
                    "Install wimwrightd beside wimwright.", 0});
}

const Manual kInit{
    "site",
    "init",
    usage::kInitSummary,
    usage::kInitDescription,
    {{"site init --data /srv/wimwright --site-code LAB", "with SQLite"},
     {"site init --data /srv/wimwright --site-code LAB --database postgresql://wim@db/wimwright",
      "with PostgreSQL"}}};

class SiteInit final : public Command {
 public:
  const Manual& manual() const override { return kInit; }
  void Define(CLI::App& app) override { usage::DefineInit(app, arguments_); }
  Result<int> Run(Session&) override { return BecomeServer("init", usage::WordsOf(arguments_)); }

 private:
  usage::InitArguments arguments_;
};

const Manual kServe{"site",
                    "serve",
                    usage::kServeSummary,
                    usage::kServeDescription,
                    {{"site serve --data /srv/wimwright", "as site.toml says"},
                     {"site serve --data /srv/wimwright --listen 127.0.0.1:8443", "elsewhere"}}};

class SiteServe final : public Command {
 public:
  const Manual& manual() const override { return kServe; }
  void Define(CLI::App& app) override { usage::DefineServe(app, arguments_); }
  Result<int> Run(Session&) override { return BecomeServer("serve", usage::WordsOf(arguments_)); }

 private:
  usage::ServeArguments arguments_;
};

}  // namespace

std::unique_ptr<Command> MakeSiteInit() { return std::make_unique<SiteInit>(); }
std::unique_ptr<Command> MakeSiteServe() { return std::make_unique<SiteServe>(); }

}  // namespace ww::cli
