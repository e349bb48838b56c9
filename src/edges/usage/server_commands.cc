#include "wimwright/usage/server_commands.h"

#include <CLI/CLI.hpp>

namespace ww::usage {
namespace {

using Words = std::vector<std::string>;

void Add(Words& words, const char* option, const std::string& value) {
  if (!value.empty()) words.insert(words.end(), {option, value});
}

}  // namespace

void DefineInit(CLI::App& app, InitArguments& a) {
  app.add_option("--data", a.data, "Folder of the site; new or empty")
      ->required()
      ->type_name("DIR");
  app.add_option("--site-code", a.site_code, "Three letters or digits")
      ->required()
      ->type_name("CODE");
  app.add_option("--site-name", a.site_name, "Name of the site")->type_name("NAME");
  app.add_option("--server-name", a.server_name, "Name of this server; default: the host's")
      ->type_name("NAME");
  app.add_option("--database", a.database, "postgresql://... instead of SQLite in the folder")
      ->type_name("URL");
  app.add_option("--admin", a.admin, "First administrator; default: admin")->type_name("NAME");
  app.add_option("--admin-password-file", a.admin_password_file, "Its first line is the password")
      ->type_name("FILE");
  app.add_option("--listen", a.listen, "Where the server listens; default: 0.0.0.0:8443")
      ->type_name("HOST:PORT");
  app.add_option(
         "--content", a.content,
         "Folder of the content library; default: DIR/content. Servers of one site share it")
      ->type_name("FOLDER");
  app.add_flag("--join", a.join, "Make another server of the site that is in --database");
  app.add_option("--logs", a.logs, "Folder of the logs; default: DIR/logs")->type_name("FOLDER");
}

Words WordsOf(const InitArguments& a) {
  Words words{"--data", a.data, "--site-code", a.site_code};
  Add(words, "--site-name", a.site_name);
  Add(words, "--server-name", a.server_name);
  Add(words, "--database", a.database);
  Add(words, "--admin", a.admin);
  Add(words, "--admin-password-file", a.admin_password_file);
  Add(words, "--listen", a.listen);
  Add(words, "--logs", a.logs);
  Add(words, "--content", a.content);
  if (a.join) words.emplace_back("--join");
  return words;
}

void DefineServe(CLI::App& app, ServeArguments& a) {
  app.add_option("--data", a.data, "Folder of the site")->required()->type_name("DIR");
  app.add_option("--listen", a.listen, "Where to listen; default: as site.toml says")
      ->type_name("HOST:PORT");
}

Words WordsOf(const ServeArguments& a) {
  Words words{"--data", a.data};
  Add(words, "--listen", a.listen);
  return words;
}

}  // namespace ww::usage
