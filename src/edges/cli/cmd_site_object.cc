// wimwright site query, get, call: any class of the site.

#include "exit_code.h"
#include "site_command.h"

namespace ww::cli {
namespace {

// "SMS_ImagePackage.PackageID=\"LAB00001\"" or "SMS_ImagePackage('LAB00001')" as the service's
// resource.
Result<std::string> ResourceOf(std::string_view path) {
  const auto dot = path.find('.');
  const auto equals = path.find('=');
  if (dot == std::string_view::npos || equals == std::string_view::npos || equals < dot) {
    return std::string(path);
  }
  std::string keys;
  std::string_view rest = path.substr(dot + 1);
  while (!rest.empty()) {
    const auto at = rest.find('=');
    if (at == std::string_view::npos) {
      return Fail(Error{Code::kUsage, fmt::format("{} is no object path", path),
                        "Write Class.Key=\"value\",Other=1", 0});
    }
    const auto name = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    std::string value;
    bool text = false;
    if (!rest.empty() && (rest.front() == '"' || rest.front() == '\'')) {
      const char quote = rest.front();
      text = true;
      std::size_t i = 1;
      for (; i < rest.size() && rest[i] != quote; ++i) {
        if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
        value += rest[i];
      }
      rest.remove_prefix(std::min(rest.size(), i + 1));
    } else {
      const auto end = std::min(rest.find(','), rest.size());
      value = rest.substr(0, end);
      rest.remove_prefix(end);
    }
    if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
    keys += fmt::format("{}{}={}", keys.empty() ? "" : ",", name,
                        SiteClient::Escape(text ? SiteClient::Literal(value) : value));
  }
  return fmt::format("{}({})", path.substr(0, dot), keys);
}

const Manual kQuery{
    "site",
    "query",
    "Ask the site's objects with WQL",
    "The extended WQL of the SMS Provider: LIKE, JOIN, COUNT, ORDER BY, sub-queries.",
    {{"site query \"SELECT PackageID, Name FROM SMS_ImagePackage\"", "a list"},
     {"site query \"SELECT * FROM SMS_SoftwareUpdate WHERE ArticleID LIKE '50%'\" --json",
      "for a script"}}};

class SiteQuery final : public SiteCommand {
 public:
  const Manual& manual() const override { return kQuery; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "WQL", wql_, "The query").Required().Value("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto rows, site.Query(wql_), "query");
    if (session.options().json) {
      session.PrintJson("succeeded", kExitDone, Json{{"instances", rows}});
      return kExitDone;
    }
    for (const auto& row : rows) {
      const auto path = CellText(row.value("__RELPATH", Json()));
      session.Print("{}\n", path.empty() ? CellText(row.value("__CLASS", Json())) : path);
      for (const auto& [key, value] : row.items()) {
        if (key.starts_with("@") || key.starts_with("__") || value.is_null()) continue;
        session.Print("  {:<30} {}\n", key, CellText(value));
      }
    }
    session.Note("{} instances\n", rows.size());
    return kExitDone;
  }

 private:
  std::string wql_;
};

const Manual kGet{"site",
                  "get",
                  "Show one object of the site with all its properties",
                  "PATH is an object path as WMI writes it, or the service's form.",
                  {{"site get 'SMS_ImagePackage.PackageID=\"LAB00001\"'", "by object path"},
                   {"site get \"SMS_ImagePackage('LAB00001')\" --json", "as in a URL"}}};

class SiteGet final : public SiteCommand {
 public:
  const Manual& manual() const override { return kGet; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "PATH", path_, "The object").Required().Value("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto resource, ResourceOf(path_), "path");
    WW_TRY(const auto answer, site.Get(resource), path_);
    const auto rows = answer.value("value", Json::array());
    if (rows.empty()) return Fail(Code::kNotFound, fmt::format("there is no {}", path_));
    return ShowObject(session, "instance", rows[0]);
  }

 private:
  std::string path_;
};

const Manual kCall{
    "site",
    "call",
    "Call a method of a class or an object of the site",
    "Arguments are Name=value; a value that is JSON is taken as such, everything else as text.",
    {{"site call 'SMS_ImagePackage.PackageID=\"LAB00001\"' RefreshPkgSource", "on an object"},
     {"site call SMS_ScheduleMethods ReadFromString StringData=0034BE0000080000", "on a class"}}};

class SiteCall final : public SiteCommand {
 public:
  const Manual& manual() const override { return kCall; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "PATH", path_, "Class or object").Required().Value("");
    AddOption(app, "METHOD", method_, "The method").Required().Value("");
    AddOption(app, "ARGUMENT", arguments_, "Name=value").Value("").Several(0);
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    Json body = Json::object();
    for (const auto& argument : arguments_) {
      const auto equals = argument.find('=');
      if (equals == std::string::npos) {
        return Fail(Error{Code::kUsage, fmt::format("'{}' is no argument", argument),
                          "Write Name=value.", 0});
      }
      const auto text = argument.substr(equals + 1);
      auto value = Json::parse(text, nullptr, false);
      // Digits may be text with leading zeros; the server knows which it wants.
      const bool structured =
          !value.is_discarded() && (value.is_structured() || value.is_boolean());
      body[argument.substr(0, equals)] = structured ? std::move(value) : Json(text);
    }
    WW_TRY(const auto resource, ResourceOf(path_), "path");
    const bool object = resource.find('(') != std::string::npos;
    WW_TRY(
        auto answer,
        site.Post(fmt::format("{}{}{}", resource, object ? "/AdminService." : ".", method_), body),
        method_);
    answer.erase("@odata.context");
    return ShowObject(session, "output", answer);  // "result" is how the command ended
  }

 private:
  std::string path_, method_;
  std::vector<std::string> arguments_;
};

}  // namespace

std::unique_ptr<Command> MakeSiteQuery() { return std::make_unique<SiteQuery>(); }
std::unique_ptr<Command> MakeSiteGet() { return std::make_unique<SiteGet>(); }
std::unique_ptr<Command> MakeSiteCall() { return std::make_unique<SiteCall>(); }

}  // namespace ww::cli
