// wimwright site init, site serve: the two that work on the machine itself. Both hand over to
// wimwrightd, which stands beside this program.
#include <unistd.h>

#include <filesystem>

#include "command.h"
#include "exit_code.h"

namespace ww::cli {
namespace {

// Replaces this process: signals, output and exit code are the server's.
Result<int> BecomeServer(const std::vector<std::string>& arguments) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto server = self.parent_path() / "wimwrightd";
  std::vector<char*> argv;
  std::vector<std::string> words{server.string()};
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
    "Make a site",
    "Database, certificate (DIR/tls/cert.pem), first administrator and content library. Without\n"
    "--admin-password-file a password is made and printed once.",
    {{"site init --data /srv/wimwright --site-code LAB", "with SQLite"},
     {"site init --data /srv/wimwright --site-code LAB --database postgresql://wim@db/wimwright",
      "with PostgreSQL"}}};

class SiteInit final : public Command {
 public:
  const Manual& manual() const override { return kInit; }
  void Define(CLI::App& app) override {
    AddOption(app, "--data", data_, "Folder of the site; new or empty").Required().Value("DIR");
    AddOption(app, "--site-code", code_, "Three letters or digits").Required().Value("CODE");
    AddOption(app, "--site-name", name_, "Name of the site").Value("NAME");
    AddOption(app, "--server-name", server_name_, "Name of this server; default: the host's")
        .Value("NAME");
    AddOption(app, "--database", database_, "postgresql://... instead of SQLite").Value("URL");
    AddOption(app, "--admin", admin_, "First administrator; default: admin").Value("NAME");
    AddOption(app, "--admin-password-file", password_file_, "Its first line is the password")
        .Value("FILE");
    AddOption(app, "--listen", listen_, "Where the server listens; default: 0.0.0.0:8443")
        .Value("HOST:PORT");
  }
  Result<int> Run(Session&) override {
    std::vector<std::string> words{"init", "--data", data_, "--site-code", code_};
    const auto add = [&words](const char* option, const std::string& value) {
      if (!value.empty()) words.insert(words.end(), {option, value});
    };
    add("--site-name", name_);
    add("--server-name", server_name_);
    add("--database", database_);
    add("--admin", admin_);
    add("--admin-password-file", password_file_);
    add("--listen", listen_);
    return BecomeServer(words);
  }

 private:
  std::string data_, code_, name_, server_name_, database_, admin_, password_file_, listen_;
};

const Manual kServe{
    "site",
    "serve",
    "Run a site's server in the foreground",
    "Prints the address of its service when it listens. SIGTERM and Ctrl-C end it:\n"
    "requests in progress get ten seconds.",
    {{"site serve --data /srv/wimwright", "as site.toml says"},
     {"site serve --data /srv/wimwright --listen 127.0.0.1:8443", "elsewhere"}}};

class SiteServe final : public Command {
 public:
  const Manual& manual() const override { return kServe; }
  void Define(CLI::App& app) override {
    AddOption(app, "--data", data_, "Folder of the site").Required().Value("DIR");
    AddOption(app, "--listen", listen_, "Where to listen; default: as site.toml says")
        .Value("HOST:PORT");
  }
  Result<int> Run(Session&) override {
    std::vector<std::string> words{"serve", "--data", data_};
    if (!listen_.empty()) words.insert(words.end(), {"--listen", listen_});
    return BecomeServer(words);
  }

 private:
  std::string data_, listen_;
};

}  // namespace

std::unique_ptr<Command> MakeSiteInit() { return std::make_unique<SiteInit>(); }
std::unique_ptr<Command> MakeSiteServe() { return std::make_unique<SiteServe>(); }

}  // namespace ww::cli
