// wimwrightd config
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "command.h"
#include "site_folder.h"

namespace ww::server {
namespace {

const usage::Manual kManual{
    "",
    "config",
    "Show the settings in effect and where each comes from",
    "Reads site.toml and the environment as serve does, and checks them. The password of a\n"
    "database's address is not shown. With --json: one object with an array, settings, of name,\n"
    "value, origin (default, file, environment, command line) and where.",
    {{"config --data /var/lib/wimwright", "as a table"},
     {"config --data /var/lib/wimwright --json", "for scripts"}}};

std::string Table(const Settings& settings) {
  std::size_t names = 0, values = 0;
  for (const Setting& setting : AllSettings()) {
    names = std::max(names, setting.name.size());
    values = std::max(values, Shown(setting, settings.Text(setting.name)).size());
  }
  std::string out;
  for (const Setting& setting : AllSettings()) {
    const auto& effective = settings.Of(setting.name);
    out += fmt::format(
        "{:<{}}  {:<{}}  {}\n", setting.name, names, Shown(setting, effective.value), values,
        effective.where.empty() ? std::string(OriginName(effective.origin)) : effective.where);
  }
  return out;
}

nlohmann::ordered_json Json(const Settings& settings) {
  auto list = nlohmann::ordered_json::array();
  for (const Setting& setting : AllSettings()) {
    const auto& effective = settings.Of(setting.name);
    list.push_back({{"name", setting.name},
                    {"value", Shown(setting, effective.value)},
                    {"origin", OriginName(effective.origin)},
                    {"where", effective.where}});
  }
  return {{"schema", 1},
          {"command", "config"},
          {"result", "succeeded"},
          {"exit_code", 0},
          {"settings", std::move(list)}};
}

nlohmann::ordered_json Failure(const Error& error) {
  return {{"schema", 1},
          {"command", "config"},
          {"result", "failed"},
          {"exit_code", ExitCodeOf(error.code)},
          {"error",
           {{"code", CodeName(error.code)},
            {"message", error.message},
            {"next_step", error.next_step}}}};
}

void Print(const nlohmann::ordered_json& object) {
  std::cout << object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

class Config final : public Command {
 public:
  const usage::Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    app.add_option("--data", data_, "Folder of the site")->required()->type_name("DIR");
    app.add_flag("--json", json_, "One JSON object on stdout");
  }
  Status Run() override {
    const auto settings = Read();
    if (!settings && json_) Print(Failure(settings.error()));
    if (!settings) return Fail(settings.error());
    if (json_) {
      Print(Json(*settings));
    } else {
      std::cout << Table(*settings);
    }
    return {};
  }

 private:
  // Everything that would keep the server from starting because of its settings is said.
  Result<Settings> Read() const {
    std::error_code error;
    const SiteFolder folder{std::filesystem::absolute(data_, error)};
    WW_RETURN_IF_ERROR(ReadConfiguration(folder, FromEnvironment()));
    return Settings::Read(folder.settings(), FromEnvironment());
  }

  std::string data_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeConfig() { return std::make_unique<Config>(); }

}  // namespace ww::server
