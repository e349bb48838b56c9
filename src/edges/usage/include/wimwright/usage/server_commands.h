// What `wimwrightd init` and `serve` share with `wimwright site init` and `site serve`, which hand
// over to them: texts and options are said once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace ww::usage {

inline constexpr std::string_view kInitSummary = "Make a site";
inline constexpr std::string_view kInitDescription =
    "Database, certificate (DIR/tls/cert.pem), first administrator and content library. Without\n"
    "--admin-password-file a password is made and printed once.\n\n"
    "The site belongs to the user who runs the command. The server of the Debian package runs as\n"
    "wimwright: make its site with sudo -u wimwright.";

inline constexpr std::string_view kServeSummary = "Run a site's server in the foreground";
inline constexpr std::string_view kServeDescription =
    "Prints the address of its service when it listens. SIGTERM and Ctrl-C end it:\n"
    "requests in progress get ten seconds. SIGHUP reads the certificate again.";

// An empty text is an option that was not given.
struct InitArguments {
  std::string data, site_code, site_name, server_name, database, admin, admin_password_file, listen,
      logs, content;
  bool join = false;
};
void DefineInit(CLI::App& app, InitArguments& arguments);
// As the words of a command line, behind "init".
std::vector<std::string> WordsOf(const InitArguments& arguments);

struct ServeArguments {
  std::string data, listen;
};
void DefineServe(CLI::App& app, ServeArguments& arguments);
std::vector<std::string> WordsOf(const ServeArguments& arguments);

}  // namespace ww::usage
