#include "manual_text.h"

#include <fmt/format.h>

#include <list>

#include "settings.h"

namespace ww::server {

usage::Program ServerProgram() {
  usage::Program program;
  program.name = "wimwrightd";
  program.section = 8;
  program.version = WW_VERSION;
  program.summary = "site server of wimwright";
  program.description =
      "Serves a site: images, updates, groups, servicing schedules and distribution points, as\n"
      "the SMS Provider's classes, over HTTPS.\n\n"
      "A site is a folder. init makes it, serve runs its server. The unit wimwrightd.service of "
      "the\n"
      "Debian package serves /var/lib/wimwright as the user wimwright.";
  program.sections = {
      {"FILES",
       "",
       {{"DIR/site.toml", "settings, see site.toml(5)"},
        {"DIR/site.db", "the database, unless site.toml names another one"},
        {"DIR/tls/cert.pem, DIR/tls/key.pem", "certificate and key"},
        {"DIR/content", "the content library"},
        {"DIR/logs", "log files, unless site.toml names another folder"}}},
      {"SIGNALS",
       "",
       {{"SIGTERM, SIGINT", "stop; requests in progress get ten seconds"},
        {"SIGHUP", "read certificate and key again; connections and jobs go on"}}},
      {"ENVIRONMENT",
       "Every setting of site.toml(5) can be given as a variable: http.listen as\n"
       "WIMWRIGHTD_HTTP_LISTEN, and so on. It counts more than the file and less than an "
       "option.\n\n"
       "NOTIFY_SOCKET and LISTEN_FDS of systemd are understood.",
       {}},
  };
  program.see_also = {"wimwright(1)", "site.toml(5)", "systemctl(1)"};
  return program;
}

usage::ManPage SettingsPage() {
  usage::Program page;
  page.name = "site.toml";
  page.section = 5;
  page.version = WW_VERSION;
  page.summary = "settings of a wimwright site";
  page.description =
      "A file in TOML in the folder of a site. init writes it, people change it; changes count "
      "from\n"
      "the next start of the server. Keys that are not listed here are errors.\n\n"
      "wimwrightd config --data DIR shows the value in effect of every key, and where it comes\n"
      "from: option, environment, file, default, the first of these that says something.";
  // The page's text refers to these.
  std::list<std::string> texts;
  usage::Section keys{"KEYS", "TABLE.KEY below is KEY in [TABLE].", {}};
  for (const Setting& setting : AllSettings()) {
    std::string fallback = setting.required ? "There is no default." : "";
    if (!setting.fallback.empty()) {
      std::string shown(setting.fallback);
      if (const auto data = shown.find("{data}"); data != std::string::npos) {
        shown.replace(data, 6, "DIR");
      }
      fallback = fmt::format("Default: {}", shown);
    }
    texts.push_back(fmt::format("{}{}{}\n\nVariable: {}", setting.meaning,
                                fallback.empty() ? "" : "\n\n", fallback,
                                EnvironmentName(setting)));
    keys.terms.push_back({setting.name, texts.back()});
  }
  const usage::Section example{"EXAMPLE",
                               " [site]\n code = \"LAB\"\n name = \"Lab\"\n server = "
                               "\"site.example.org\"\n\n [database]\n url = "
                               "\"postgresql://wimwright@db.example.org/wimwright\"\n\n [http]\n "
                               "listen = \"[::]:8443\"\n keytab = \"/etc/wimwright/http.keytab\"",
                               {}};
  page.see_also = {"wimwrightd(8)"};
  return usage::FreePage(page, {keys, example});
}

}  // namespace ww::server
