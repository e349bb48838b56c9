// wimwright site dp add, list, distribute, status: distribution points.

#include "site_command.h"

namespace ww::cli {
namespace {

Result<Json> FindPoint(SiteClient& site, const std::string& server) {
  return site.One("SMS_DistributionPointInfo",
                  fmt::format("ServerName eq {}", SiteClient::Literal(server)));
}

const Manual kAdd{"site dp",
                  "add",
                  "Give a server the role of a distribution point",
                  "",
                  {{"site dp add dp1.example.org", "by its name"}}};

class Add final : public SiteCommand {
 public:
  const Manual& manual() const override { return kAdd; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "SERVER", server_, "Name of the server").Required().Value("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto sites, site.List("SMS_Identification"), "site");
    const auto code = sites.at(0).value("ThisSiteCode", "");
    const auto nal =
        fmt::format(R"(["Display=\\{0}\"]MSWNET:["SMS_SITE={1}"]\\{0}\)", server_, code);
    const Json body{{"RoleName", "SMS Distribution Point"},
                    {"NALPath", nal},
                    {"NALType", "Windows NT Server"},
                    {"NetworkOSPath", "\\\\" + server_},
                    {"SiteCode", code}};
    WW_TRY_STATUS(site.Post("SMS_SCI_SysResUse", body).map([](const Json&) {}), server_);
    return ShowDone(session, fmt::format("{} is a distribution point", server_),
                    Json{{"server", server_}, {"nal_path", nal}});
  }

 private:
  std::string server_;
};

const Manual kList{
    "site dp", "list", "List distribution points", "", {{"site dp list", "all of them"}}};

class List final : public SiteCommand {
 public:
  const Manual& manual() const override { return kList; }

 protected:
  void DefineOwn(CLI::App&) override {}
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto all, site.List("SMS_DistributionPointInfo", {}, "ServerName"), "points");
    return ShowList(session, "distribution_points", all,
                    {{"Server", "ServerName"}, {"Site", "SiteCode"}, {"Path", "NALPath"}});
  }
};

const Manual kDistribute{"site dp",
                         "distribute",
                         "Send a package to distribution points",
                         "",
                         {{"site dp distribute LAB00001 --to dp1 dp2", "to two of them"}}};

class Distribute final : public SiteCommand {
 public:
  const Manual& manual() const override { return kDistribute; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "PACKAGE", package_, "PackageID").Required().Value("");
    AddOption(app, "--to", servers_, "Names of the servers").Required().Value("SERVER").Several();
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    for (const auto& server : servers_) {
      WW_TRY(const auto point, FindPoint(site, server), server);
      const Json body{{"PackageID", package_},
                      {"ServerNALPath", point.at("NALPath")},
                      {"SiteCode", point.at("SiteCode")}};
      WW_TRY_STATUS(site.Post("SMS_DistributionPoint", body).map([](const Json&) {}), server);
    }
    return ShowDone(session,
                    fmt::format("{} goes to {} distribution points", package_, servers_.size()),
                    Json{{"package_id", package_}, {"servers", servers_}});
  }

 private:
  std::string package_;
  std::vector<std::string> servers_;
};

const Manual kStatus{"site dp",
                     "status",
                     "Show which content is where",
                     "State: 0 installed, 1 pending, 2 retrying, 3 failed, 4 to 6 being removed.",
                     {{"site dp status", "all packages"}, {"site dp status LAB00001", "one"}}};

class StatusOf final : public SiteCommand {
 public:
  const Manual& manual() const override { return kStatus; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "PACKAGE", package_, "PackageID; default: all").Value("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    const auto filter = package_.empty()
                            ? std::string()
                            : fmt::format("PackageID eq {}", SiteClient::Literal(package_));
    WW_TRY(const auto all, site.List("SMS_PackageStatusDistPointsSummarizer", filter, "PackageID"),
           "status");
    return ShowList(session, "status", all,
                    {{"Package", "PackageID"},
                     {"Version", "SourceVersion"},
                     {"State", "State"},
                     {"Since", "SummaryDate"},
                     {"Distribution point", "ServerNALPath"}});
  }

 private:
  std::string package_;
};

}  // namespace

std::unique_ptr<Command> MakeSiteDpAdd() { return std::make_unique<Add>(); }
std::unique_ptr<Command> MakeSiteDpList() { return std::make_unique<List>(); }
std::unique_ptr<Command> MakeSiteDpDistribute() { return std::make_unique<Distribute>(); }
std::unique_ptr<Command> MakeSiteDpStatus() { return std::make_unique<StatusOf>(); }

}  // namespace ww::cli
