// wimwright site dp add, list, revoke: distribution points and who they are.
#include <CLI/CLI.hpp>

#include "site_command.h"

namespace ww::cli {
namespace {

const Manual kAdd{
    "site dp",
    "add",
    "Give a server the role of a distribution point",
    "Prints a token with which the server enrolls, once, and the command for it. For a point that\n"
    "exists a new token is made: enrolling again ends its earlier certificate.",
    {{"site dp add dp1.example.org", "by its name"}}};

class Add final : public SiteCommand {
 public:
  const Manual& manual() const override { return kAdd; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("SERVER", server_, "Name of the server")->required()->type_name("");
    app.add_option("--minutes", minutes_, "How long the token is good")
        ->check(CLI::Range(1, 10080))
        ->type_name("MINUTES")
        ->capture_default_str();
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto sites, site.List("SMS_Identification"), "site");
    const auto code = sites.at(0).value("ThisSiteCode", "");
    const auto nal =
        fmt::format(R"(["Display=\\{0}\"]MSWNET:["SMS_SITE={1}"]\\{0}\)", server_, code);
    WW_TRY(const auto known,
           site.List("SMS_DistributionPointInfo",
                     fmt::format("ServerName eq {}", SiteClient::Literal(server_))),
           server_);
    if (known.empty()) {
      const Json body{{"RoleName", "SMS Distribution Point"},
                      {"NALPath", nal},
                      {"NALType", "Windows NT Server"},
                      {"NetworkOSPath", "\\\\" + server_},
                      {"SiteCode", code}};
      WW_TRY_STATUS(site.Post("SMS_SCI_SysResUse", body).map([](const Json&) {}), server_);
    }
    WW_TRY(const auto made,
           site.Post("WW_DistributionPointEnrolment.CreateToken",
                     Json{{"Point", server_}, {"Minutes", minutes_}}),
           "token");
    const auto token = made.value("Token", "");
    return ShowDone(
        session,
        fmt::format("{0} is a distribution point. On it, within {1} minutes:\n"
                    "  wimwrightd point init --data /var/lib/wimwright-point --site "
                    "https://{2}:8444 --token {3}",
                    server_, minutes_, sites.at(0).value("SMSSiteServer", "SITE"), token),
        Json{{"server", server_},
             {"nal_path", nal},
             {"token", token},
             {"expires", made.value("Expires", "")}});
  }

 private:
  std::string server_;
  int minutes_ = 60;
};

const Manual kList{"site dp",
                   "list",
                   "List distribution points",
                   "Enrolled: 1 a token was issued, 2 yes, 3 revoked.",
                   {{"site dp list", "all of them"}}};

class List final : public SiteCommand {
 public:
  const Manual& manual() const override { return kList; }

 protected:
  void DefineOwn(CLI::App&) override {}
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(auto all, site.List("SMS_DistributionPointInfo", {}, "ServerName"), "points");
    WW_TRY(const auto enrolments, site.List("WW_DistributionPointEnrolment"), "enrolments");
    for (auto& one : all) {
      for (const auto& enrolment : enrolments) {
        if (enrolment.value("NALPath", "") != one.value("NALPath", "")) continue;
        one["Enrolled"] = enrolment.value("State", Json());
        for (const char* name : {"Address", "LastSeen"}) one[name] = enrolment.value(name, Json());
      }
    }
    return ShowList(session, "distribution_points", all,
                    {{"Server", "ServerName"},
                     {"Site", "SiteCode"},
                     {"Enrolled", "Enrolled"},
                     {"Last seen", "LastSeen"},
                     {"Address", "Address"},
                     {"Path", "NALPath"}});
  }
};

const Manual kRevoke{"site dp",
                     "revoke",
                     "End a distribution point's certificate",
                     "The server can do nothing at the site any more until it enrolls again.",
                     {{"site dp revoke dp1.example.org", "it was stolen"}}};

class Revoke final : public SiteCommand {
 public:
  const Manual& manual() const override { return kRevoke; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("SERVER", server_, "Name of the server")->required()->type_name("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY_STATUS(site.Post("WW_DistributionPointEnrolment.Revoke", Json{{"Point", server_}})
                      .map([](const Json&) {}),
                  server_);
    return ShowDone(session, fmt::format("{} is shut out", server_), Json{{"server", server_}});
  }

 private:
  std::string server_;
};

const Manual kAccess{
    "site dp",
    "access",
    "Say who may download content from distribution points",
    "Lists who may; --token makes a bearer token and prints it, --revoke ends one, --anonymous\n"
    "lets everybody in or no longer.",
    {{"site dp access --token deployment", "a token for the deployment servers"},
     {"site dp access --anonymous yes", "everybody who can reach a point"}}};

class Access final : public SiteCommand {
 public:
  const Manual& manual() const override { return kAccess; }

 protected:
  void DefineOwn(CLI::App& app) override {
    auto* token = app.add_option("--token", label_, "Make a token of this label");
    token->type_name("LABEL");
    app.add_option("--days", days_, "How long it is good")
        ->check(CLI::Range(1, 3650))
        ->needs(token)
        ->type_name("DAYS")
        ->capture_default_str();
    app.add_option("--revoke", revoked_, "End the token of this label")
        ->type_name("LABEL")
        ->excludes(token);
    app.add_option("--anonymous", anonymous_, "yes or no")
        ->check(CLI::IsMember({"yes", "no"}))
        ->type_name("YES|NO");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    if (!anonymous_.empty()) {
      WW_TRY_STATUS(
          site.Post("WW_ContentAccess.AllowAnonymous", Json{{"Allowed", anonymous_ == "yes"}})
              .map([](const Json&) {}),
          "access");
    }
    if (!revoked_.empty()) {
      WW_TRY_STATUS(
          site.Post("WW_ContentAccess.Revoke", Json{{"Label", revoked_}}).map([](const Json&) {}),
          revoked_);
    }
    if (!label_.empty()) {
      WW_TRY(const auto made,
             site.Post("WW_ContentAccess.CreateToken", Json{{"Label", label_}, {"Days", days_}}),
             label_);
      const auto token = made.value("Token", "");
      return ShowDone(
          session, token,
          Json{{"label", label_}, {"token", token}, {"expires", made.value("Expires", "")}});
    }
    WW_TRY(const auto all, site.List("WW_ContentAccess", {}, "Label"), "access");
    return ShowList(session, "access", all,
                    {{"Label", "Label"},
                     {"Created by", "CreatedBy"},
                     {"Created", "Created"},
                     {"Expires", "Expires"}});
  }

 private:
  std::string label_, revoked_, anonymous_;
  int days_ = 365;
};

}  // namespace

std::unique_ptr<Command> MakeSiteDpAdd() { return std::make_unique<Add>(); }
std::unique_ptr<Command> MakeSiteDpList() { return std::make_unique<List>(); }
std::unique_ptr<Command> MakeSiteDpRevoke() { return std::make_unique<Revoke>(); }
std::unique_ptr<Command> MakeSiteDpAccess() { return std::make_unique<Access>(); }

}  // namespace ww::cli
