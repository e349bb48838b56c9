// wimwright site dp distribute, remove, verify, status: content on distribution points.
#include <CLI/CLI.hpp>

#include "site_command.h"
#include "units.h"

namespace ww::cli {
namespace {

// A package and some points: what several of the commands are given.
class PackageAndPoints : public SiteCommand {
 protected:
  void DefinePoints(CLI::App& app, const char* option, const char* meaning) {
    app.add_option("PACKAGE", package_, "PackageID")->required()->type_name("");
    app.add_option(option, servers_, meaning)->type_name("SERVER")->expected(1, -1);
  }
  Status EachPoint(SiteClient& site, const std::function<Status(const Json& point)>& f) {
    for (const auto& server : servers_) {
      WW_TRY(const auto point, FindPoint(site, server), server);
      WW_TRY_STATUS(f(point), server);
    }
    return {};
  }

  std::string package_;
  std::vector<std::string> servers_;
};

const Manual kDistribute{
    "site dp",
    "distribute",
    "Send a package to distribution points",
    "Points that have it already are sent the present version again. Members that a group gets\n"
    "later get the package too.",
    {{"site dp distribute LAB00001 --to dp1 dp2", "to two of them"},
     {"site dp distribute LAB00001 --group Europe", "to all of a group"}}};

class Distribute final : public PackageAndPoints {
 public:
  const Manual& manual() const override { return kDistribute; }

 protected:
  void DefineOwn(CLI::App& app) override {
    DefinePoints(app, "--to", "Names of the servers");
    app.add_option("--group", groups_, "Names of groups of distribution points")
        ->type_name("GROUP")
        ->expected(1, -1);
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    if (servers_.empty() && groups_.empty()) {
      return Fail(Error{Code::kUsage, "nobody to send it to", "Give --to or --group.", 0});
    }
    WW_RETURN_IF_ERROR(EachPoint(site, [&](const Json& point) -> Status {
      const Json body{{"PackageID", package_},
                      {"ServerNALPath", point.at("NALPath")},
                      {"SiteCode", point.at("SiteCode")},
                      {"RefreshNow", true}};
      return site.Post("SMS_DistributionPoint", body).map([](const Json&) {});
    }));
    for (const auto& name : groups_) {
      WW_TRY(const auto group, FindPointGroup(site, name), name);
      const auto resource =
          fmt::format("SMS_DistributionPointGroup({})",
                      SiteClient::Escape(SiteClient::Literal(group.value("GroupID", ""))));
      WW_TRY_STATUS(site.Post(resource + "/AdminService.AddPackages",
                              Json{{"PackageIDs", Json::array({package_})}})
                        .map([](const Json&) {}),
                    name);
    }
    return ShowDone(session,
                    fmt::format("{} goes to {} distribution points and {} groups", package_,
                                servers_.size(), groups_.size()),
                    Json{{"package_id", package_}, {"servers", servers_}, {"groups", groups_}});
  }

 private:
  std::vector<std::string> groups_;
};

const Manual kRemove{"site dp",
                     "remove",
                     "Remove a package from distribution points",
                     "It is gone when the points have said so: see site dp status.",
                     {{"site dp remove LAB00001 --from dp1", "from one of them"}}};

class Remove final : public PackageAndPoints {
 public:
  const Manual& manual() const override { return kRemove; }

 protected:
  void DefineOwn(CLI::App& app) override { DefinePoints(app, "--from", "Names of the servers"); }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_RETURN_IF_ERROR(EachPoint(site, [&](const Json& point) -> Status {
      const auto key =
          fmt::format("SMS_DistributionPoint(PackageID={},ServerNALPath={},SiteCode={})",
                      SiteClient::Escape(SiteClient::Literal(package_)),
                      SiteClient::Escape(SiteClient::Literal(point.value("NALPath", ""))),
                      SiteClient::Escape(SiteClient::Literal(point.value("SiteCode", ""))));
      return site.Delete(key);
    }));
    return ShowDone(session,
                    fmt::format("{} goes from {} distribution points", package_, servers_.size()),
                    Json{{"package_id", package_}, {"servers", servers_}});
  }
};

const Manual kVerify{"site dp",
                     "verify",
                     "Let distribution points read again what they have of a package",
                     "Damaged files are fetched again. The state is 8 until the point is done.",
                     {{"site dp verify LAB00001 --at dp1", "one of them"}}};

class Verify final : public PackageAndPoints {
 public:
  const Manual& manual() const override { return kVerify; }

 protected:
  void DefineOwn(CLI::App& app) override { DefinePoints(app, "--at", "Names of the servers"); }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_RETURN_IF_ERROR(EachPoint(site, [&](const Json& point) -> Status {
      return site
          .Post("SMS_DistributionPoint.VerifyPackage",
                Json{{"PackageId", package_}, {"NALPath", point.at("NALPath")}})
          .map([](const Json&) {});
    }));
    return ShowDone(
        session,
        fmt::format("{} is read again on {} distribution points", package_, servers_.size()),
        Json{{"package_id", package_}, {"servers", servers_}});
  }
};

const Manual kStatus{
    "site dp",
    "status",
    "Show which content is where",
    "State: 0 installed, 1 pending, 2 retrying, 3 failed, 4 to 6 being removed, 7 on its way,\n"
    "8 being verified. Version is the one that the point has; Sent what went over the network\n"
    "for the last one.",
    {{"site dp status", "all packages"}, {"site dp status LAB00001", "one"}}};

class StatusOf final : public SiteCommand {
 public:
  const Manual& manual() const override { return kStatus; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("PACKAGE", package_, "PackageID; default: all")->type_name("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    const auto filter = package_.empty()
                            ? std::string()
                            : fmt::format("PackageID eq {}", SiteClient::Literal(package_));
    WW_TRY(auto all, site.List("SMS_PackageStatusDistPointsSummarizer", filter, "PackageID"),
           "status");
    WW_TRY(const auto progress, site.List("WW_DistributionProgress", filter), "progress");
    for (auto& one : all) {
      for (const auto& row : progress) {
        if (row.value("PackageID", "") != one.value("PackageID", "") ||
            row.value("ServerNALPath", "") != one.value("ServerNALPath", "")) {
          continue;
        }
        for (const char* name : {"BytesTotal", "BytesDone", "BytesSent", "Problem"}) {
          one[name] = row.value(name, Json());
        }
      }
      if (session.options().json) continue;
      for (const char* name : {"BytesTotal", "BytesDone", "BytesSent"}) {
        if (one.contains(name) && one[name].is_number()) {
          one[name] = FormatBytes(one[name].get<std::uint64_t>());
        }
      }
    }
    return ShowList(session, "status", all,
                    {{"Package", "PackageID"},
                     {"Version", "SourceVersion"},
                     {"State", "State"},
                     {"Since", "SummaryDate"},
                     {"Bytes", "BytesTotal"},
                     {"There", "BytesDone"},
                     {"Sent", "BytesSent"},
                     {"Distribution point", "ServerNALPath"},
                     {"Problem", "Problem"}});
  }

 private:
  std::string package_;
};

}  // namespace

std::unique_ptr<Command> MakeSiteDpDistribute() { return std::make_unique<Distribute>(); }
std::unique_ptr<Command> MakeSiteDpRemove() { return std::make_unique<Remove>(); }
std::unique_ptr<Command> MakeSiteDpVerify() { return std::make_unique<Verify>(); }
std::unique_ptr<Command> MakeSiteDpStatus() { return std::make_unique<StatusOf>(); }

}  // namespace ww::cli
