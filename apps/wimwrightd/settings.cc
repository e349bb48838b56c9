#include "settings.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "wimwright/base/text.h"
#include "wimwright/usage/suggestion.h"

namespace ww::server {
namespace {

constexpr const char* kNextStep =
    "Correct it; site.toml(5) and docs/configuration.md list the keys.";

const Setting* Find(std::string_view name) {
  for (const Setting& setting : AllSettings()) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

// "listen" alone, or in the wrong table, means http.listen; otherwise the nearest spelling.
std::string NearestName(std::string_view name) {
  std::vector<std::string> names, keys;
  for (const Setting& setting : AllSettings()) {
    names.emplace_back(setting.name);
    keys.emplace_back(setting.name.substr(setting.name.find('.') + 1));
  }
  const auto key = usage::Nearest(name.substr(name.rfind('.') + 1), keys);
  if (key) return names[static_cast<std::size_t>(std::ranges::find(keys, *key) - keys.begin())];
  return usage::Nearest(name, names).value_or("");
}

Error Unknown(std::string_view name, std::string_view where) {
  Error error{Code::kUsage, fmt::format("{}: unknown key {}", where, name), kNextStep, 0};
  if (const auto nearest = NearestName(name); !nearest.empty()) {
    error.message += "; the nearest is " + nearest;
  }
  return error;
}

Status Check(const Setting& setting, const Effective& effective) {
  if (setting.most == 0) return {};
  std::int64_t number = 0;
  const auto& text = effective.value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= setting.least &&
      number <= setting.most) {
    return {};
  }
  return Fail(Error{Code::kUsage,
                    fmt::format("{}: {} is a number from {} to {}, not '{}'", effective.where,
                                setting.name, setting.least, setting.most, text),
                    kNextStep, 0});
}

Result<Effective> OfNode(const Setting& setting, const toml::node& node) {
  Effective out;
  out.origin = Origin::kFile;
  out.where = fmt::format("site.toml, line {}", node.source().begin.line);
  if (setting.most != 0 && node.is_integer()) {
    out.value = std::to_string(node.as_integer()->get());
    return out;
  }
  if (setting.most == 0 && node.is_string()) {
    out.value = node.as_string()->get();
    return out;
  }
  return Fail(Error{Code::kUsage,
                    fmt::format("{}: {} is a {}", out.where, setting.name,
                                setting.most != 0 ? "number without quotes" : "text in quotes"),
                    kNextStep, 0});
}

using Values = std::map<std::string, Effective, std::less<>>;

Status TakeTable(std::string_view name, const toml::table& table, Values& values) {
  for (const auto& [key, node] : table) {
    const auto full = fmt::format("{}.{}", name, std::string_view(key.str()));
    const Setting* setting = Find(full);
    if (setting == nullptr) {
      return Fail(Unknown(full, fmt::format("site.toml, line {}", node.source().begin.line)));
    }
    auto effective = OfNode(*setting, node);
    if (!effective) return Fail(effective.error());
    values[full] = *std::move(effective);
  }
  return {};
}

bool HasTable(std::string_view name) {
  for (const Setting& setting : AllSettings()) {
    if (setting.name.substr(0, setting.name.find('.')) == name) return true;
  }
  return false;
}

Status TakeFile(const toml::table& file, Values& values) {
  for (const auto& [key, node] : file) {
    const std::string_view name = key.str();
    const auto* table = node.as_table();
    // An empty table that nobody knows is a slip, too.
    if (table == nullptr || (table->empty() && !HasTable(name))) {
      return Fail(Unknown(name, fmt::format("site.toml, line {}", node.source().begin.line)));
    }
    WW_RETURN_IF_ERROR(TakeTable(name, *table, values));
  }
  return {};
}

std::string Replaced(std::string_view text, const std::filesystem::path& data,
                     const Values& values) {
  std::string out(text);
  for (auto open = out.find('{'); open != std::string::npos; open = out.find('{', open)) {
    const auto close = out.find('}', open);
    const auto name = out.substr(open + 1, close - open - 1);
    const auto& value = name == "data" ? data.string() : values.at(name).value;
    out.replace(open, close - open + 1, value);
    open += value.size();
  }
  return out;
}

}  // namespace

const std::vector<Setting>& AllSettings() {
  static const std::vector<Setting> settings{
      {.name = "site.code",
       .meaning = "The site's code, three letters or digits. Never changed once the site exists: "
                  "identifiers of objects begin with it.",
       .required = true},
      {.name = "site.name",
       .meaning = "The name that people read.",
       .fallback = "wimwright {site.code}"},
      {.name = "site.server",
       .meaning = "The name by which clients reach this server. It appears in addresses that the "
                  "service gives out and in the network paths of objects.",
       .required = true},
      {.name = "site.number",
       .meaning =
           "The site's number, the top byte of the record numbers it gives. Never changed once the "
           "site exists.",
       .fallback = "1",
       .least = 1,
       .most = 127},
      {.name = "database.url",
       .meaning = "sqlite:FILE, or postgresql://USER@HOST/DATABASE as libpq reads it; libpq's own "
                  "variables (PGPASSFILE, PGSSLROOTCERT) and ~/.pgpass count, too.",
       .fallback = "sqlite:{data}/site.db"},
      {.name = "http.listen",
       .meaning = "ADDRESS:PORT or [ADDRESS]:PORT. Sockets that systemd hands over come first.",
       .fallback = "0.0.0.0:8443"},
      {.name = "http.certificate",
       .meaning = "The server's certificate in PEM, followed by the rest of its chain. Read again "
                  "at SIGHUP.",
       .fallback = "{data}/tls/cert.pem"},
      {.name = "http.key",
       .meaning = "The certificate's key in PEM, without a password. Read again at SIGHUP.",
       .fallback = "{data}/tls/key.pem"},
      {.name = "http.keytab",
       .meaning = "Kerberos keys of the service HTTP/SERVER. Without it nobody signs in with "
                  "Negotiate."},
      {.name = "accounts.domain",
       .meaning = "What stands before the backslash in the names of local accounts.",
       .fallback = "{site.server}"},
      {.name = "console.session_idle",
       .meaning = "Seconds after which the console asks for the password again when nobody did "
                  "anything.",
       .fallback = "3600",
       .least = 5,
       .most = 604800},
      {.name = "console.session_length",
       .meaning = "Seconds after which it does in any case.",
       .fallback = "43200",
       .least = 5,
       .most = 2592000},
      {.name = "content.folder",
       .meaning = "The content library. Servers of one site share one folder.",
       .fallback = "{data}/content"},
      {.name = "content.keep_versions",
       .meaning =
           "So many versions of each package are kept, the current one included; pinned ones "
           "besides.",
       .fallback = "3",
       .least = 1,
       .most = 1000},
      {.name = "distribution.listen",
       .meaning =
           "ADDRESS:PORT for distribution points, which have certificates of the site's own "
           "authority (DIR/tls/distribution-ca.pem, made when it is not there). 0.0.0.0:8444 "
           "is usual. Empty: the site has no distribution points of this kind."},
      {.name = "servicing.workers",
       .meaning = "Images that are serviced at a time. One uses all processors already.",
       .fallback = "1",
       .least = 1,
       .most = 64},
      {.name = "servicing.cache",
       .meaning =
           "Folder in which payload stays compressed from run to run. Empty: none; images of "
           "one schedule share it all the same."},
      {.name = "servicing.trust_store",
       .meaning = "PEM certificates that the signature of every update must lead to. Empty: "
                  "digests are checked, signatures are not."},
      {.name = "servicing.lease_timeout",
       .meaning = "Seconds without a heartbeat after which another server takes a run over.",
       .fallback = "30",
       .least = 2,
       .most = 3600},
      {.name = "logs.folder", .meaning = "Where the log files are.", .fallback = "{data}/logs"},
  };
  return settings;
}

std::string EnvironmentName(const Setting& setting) {
  std::string name = "WIMWRIGHTD_" + ToUpperAscii(setting.name);
  for (auto& c : name) c = c == '.' ? '_' : c;
  return name;
}

std::string_view OriginName(Origin origin) {
  switch (origin) {
    case Origin::kFile:
      return "file";
    case Origin::kEnvironment:
      return "environment";
    case Origin::kCommandLine:
      return "command line";
    case Origin::kDefault:
      break;
  }
  return "default";
}

Overrides FromEnvironment() {
  Overrides out;
  out.environment = [](const char* name) { return std::getenv(name); };
  return out;
}

Result<Settings> Settings::Read(const std::filesystem::path& file, const Overrides& overrides) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
      return Fail(
          Error{Code::kNotFound,
                fmt::format("{} is no site: there is no site.toml", file.parent_path().string()),
                "Make a site first: wimwright site init --data DIR --site-code LAB", 0});
    }
    return Fail(Error{Code::kIo, fmt::format("{} cannot be read", file.string()),
                      "Run the server as the user whom the site belongs to.", 0});
  }
  return Parse(text.str(), file.parent_path(), overrides);
}

Result<Settings> Settings::Parse(std::string_view toml, const std::filesystem::path& data,
                                 const Overrides& overrides) {
  Settings out;
  try {
    const auto file = toml::parse(toml);
    WW_RETURN_IF_ERROR(TakeFile(file, out.values_));
  } catch (const toml::parse_error& e) {
    return Fail(Error{
        Code::kCorrupt,
        fmt::format("site.toml, line {}: {}", e.source().begin.line, std::string(e.description())),
        "Correct the file.", 0});
  }
  for (const Setting& setting : AllSettings()) {
    const auto variable = EnvironmentName(setting);
    if (const char* value = overrides.environment(variable.c_str()); value != nullptr) {
      out.values_[std::string(setting.name)] = {value, Origin::kEnvironment, variable};
    }
    if (const auto given = overrides.command_line.find(setting.name);
        given != overrides.command_line.end()) {
      out.values_[std::string(setting.name)] = given->second;
    }
    if (out.values_.find(setting.name) == out.values_.end()) {
      if (setting.required) {
        return Fail(Error{Code::kUsage, fmt::format("site.toml: {} is missing", setting.name),
                          kNextStep, 0});
      }
      out.values_[std::string(setting.name)] = {
          Replaced(setting.fallback, data, out.values_), Origin::kDefault, {}};
    }
    WW_RETURN_IF_ERROR(Check(setting, out.Of(setting.name)));
  }
  return out;
}

std::string Shown(const Setting& setting, std::string_view value) {
  std::string out(value);
  if (setting.name != "database.url") return out;
  const auto hide = [&out](std::size_t from, std::string_view ends) {
    const auto end = std::min(out.find_first_of(ends, from), out.size());
    out.replace(from, end - from, "***");
  };
  if (const auto scheme = out.find("://"); scheme != std::string::npos) {
    const auto host = out.find_first_of("/?", scheme + 3);
    const auto at = out.substr(0, host).rfind('@');
    const auto colon = out.find(':', scheme + 3);
    if (at != std::string::npos && colon < at) out.replace(colon + 1, at - colon - 1, "***");
  }
  if (const auto key = out.find("password="); key != std::string::npos) hide(key + 9, "& ");
  return out;
}

}  // namespace ww::server
