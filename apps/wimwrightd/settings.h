// site.toml: every setting there is, and the effective value of each with where it comes from.
// Parsing, `wimwrightd config`, site.toml(5) and docs/configuration.md hold to the one table.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/result.h"

namespace ww::server {

struct Setting {
  std::string_view name;     // "http.listen": table and key
  std::string_view meaning;  // sentences, for people
  // "{data}" stands for the site's folder, "{site.server}" for the value of a setting above this
  // one.
  std::string_view fallback = {};
  bool required = false;
  // A number from `least` to `most`; a text when both are 0.
  std::int64_t least = 0;
  std::int64_t most = 0;
};
// In the order of the manual. A setting that refers to another one comes after it.
const std::vector<Setting>& AllSettings();
// WIMWRIGHTD_HTTP_LISTEN
std::string EnvironmentName(const Setting& setting);

enum class Origin { kDefault, kFile, kEnvironment, kCommandLine };
std::string_view OriginName(Origin origin);  // "default", "file", "environment", "command line"

struct Effective {
  std::string value;
  Origin origin = Origin::kDefault;
  std::string where;  // "site.toml, line 7"; empty for defaults
};

// What stands above the file.
struct Overrides {
  // By the name of the setting; not the option, which is `where`.
  std::map<std::string, Effective, std::less<>> command_line;
  // nullptr when the variable is not set.
  std::function<const char*(const char* name)> environment = [](const char*) { return nullptr; };
};
Overrides FromEnvironment();

class Settings {
 public:
  // Command line before environment before file before default. kNotFound without a file; kCorrupt
  // (with the line) for what is no TOML; kUsage for unknown keys, with the nearest known one, for
  // missing ones and for values of the wrong kind.
  static Result<Settings> Read(const std::filesystem::path& file, const Overrides& overrides);
  // The same of a text, for tests; `data` is the site's folder.
  static Result<Settings> Parse(std::string_view toml, const std::filesystem::path& data,
                                const Overrides& overrides);

  // `name` is one of AllSettings().
  const Effective& Of(std::string_view name) const { return values_.find(name)->second; }
  const std::string& Text(std::string_view name) const { return Of(name).value; }
  std::int64_t Number(std::string_view name) const { return std::stoll(Text(name)); }

 private:
  std::map<std::string, Effective, std::less<>> values_;
};

// As it may be shown: the password of a database's address is not.
std::string Shown(const Setting& setting, std::string_view value);

}  // namespace ww::server
