// wimwright site dp group, rollout: groups of distribution points, and who comes first.
#include <CLI/CLI.hpp>

#include "site_command.h"

namespace ww::cli {
namespace {

const Manual kGroup{"site dp",
                    "group",
                    "Make a group of distribution points, and say who is in it",
                    "Without options: lists the groups, or shows the members of one.",
                    {{"site dp group Europe --add dp1 dp2", "makes it if need be"},
                     {"site dp group", "all groups"}}};

class Group final : public SiteCommand {
 public:
  const Manual& manual() const override { return kGroup; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("GROUP", name_, "Name of the group")->type_name("");
    app.add_option("--add", added_, "Servers that become members")
        ->type_name("SERVER")
        ->expected(1, -1);
    app.add_option("--remove", removed_, "Servers that leave")
        ->type_name("SERVER")
        ->expected(1, -1);
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    if (name_.empty()) {
      WW_TRY(const auto all, site.List("SMS_DistributionPointGroup", {}, "Name"), "groups");
      return ShowList(session, "groups", all,
                      {{"Name", "Name"},
                       {"Members", "MemberCount"},
                       {"Packages", "ContentCount"},
                       {"Not in sync", "OutOfSyncContentCount"},
                       {"GroupID", "GroupID"}});
    }
    auto group = FindPointGroup(site, name_);
    if (!group) {
      if (group.error().code != Code::kNotFound || added_.empty()) return Fail(group.error());
      group = site.Post("SMS_DistributionPointGroup", Json{{"Name", name_}});
      if (!group) return Fail(group.error());
    }
    const auto id = group->value("GroupID", "");
    WW_RETURN_IF_ERROR(Change(site, id, "AddDistributionPoints", added_));
    WW_RETURN_IF_ERROR(Change(site, id, "RemoveDistributionPoints", removed_));
    WW_TRY(const auto members,
           site.List("SMS_DPGroupMembers", fmt::format("GroupID eq {}", SiteClient::Literal(id)),
                     "DPNALPath"),
           "members");
    return ShowList(session, "members", members, {{"Distribution point", "DPNALPath"}});
  }

 private:
  static Status Change(SiteClient& site, const std::string& id, std::string_view method,
                       const std::vector<std::string>& servers) {
    if (servers.empty()) return {};
    Json paths = Json::array();
    for (const auto& server : servers) {
      WW_TRY(const auto point, FindPoint(site, server), server);
      paths.push_back(point.at("NALPath"));
    }
    return site
        .Post(fmt::format("SMS_DistributionPointGroup({})/AdminService.{}",
                          SiteClient::Escape(SiteClient::Literal(id)), method),
              Json{{"DPNALPath", paths}})
        .map([](const Json&) {});
  }

  std::string name_;
  std::vector<std::string> added_, removed_;
};

const Manual kRollout{
    "site dp",
    "rollout",
    "Send a package's versions to one group of points first",
    "The others get a version when all of the first group have it and the delay has passed.",
    {{"site dp rollout LAB00001 --first Pilot --delay 1440", "the others a day later"},
     {"site dp rollout LAB00001 --off", "everybody at once again"}}};

class Rollout final : public SiteCommand {
 public:
  const Manual& manual() const override { return kRollout; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("PACKAGE", package_, "PackageID")->required()->type_name("");
    auto* first = app.add_option("--first", group_, "Name of the group that comes first");
    first->type_name("GROUP");
    app.add_option("--delay", delay_, "Minutes until the others")->type_name("MINUTES");
    app.add_flag("--off", off_, "No stages")->excludes(first);
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    const auto key =
        fmt::format("WW_StagedRollout({})", SiteClient::Escape(SiteClient::Literal(package_)));
    if (off_) {
      WW_TRY_STATUS(site.Delete(key), package_);
    } else if (!group_.empty()) {
      WW_TRY(const auto group, FindPointGroup(site, group_), group_);
      WW_TRY_STATUS(site.Post("WW_StagedRollout", Json{{"PackageID", package_},
                                                       {"FirstGroupID", group.at("GroupID")},
                                                       {"DelayMinutes", delay_}})
                        .map([](const Json&) {}),
                    package_);
    }
    WW_TRY(const auto rollouts,
           site.List("WW_StagedRollout",
                     fmt::format("PackageID eq {}", SiteClient::Literal(package_))),
           package_);
    return ShowList(session, "rollouts", rollouts,
                    {{"Package", "PackageID"},
                     {"First group", "FirstGroupID"},
                     {"Delay", "DelayMinutes"},
                     {"Version", "SourceVersion"},
                     {"State", "State"},
                     {"First group done", "FirstGroupDone"}});
  }

 private:
  std::string package_, group_;
  std::uint32_t delay_ = 0;
  bool off_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeSiteDpGroup() { return std::make_unique<Group>(); }
std::unique_ptr<Command> MakeSiteDpRollout() { return std::make_unique<Rollout>(); }

}  // namespace ww::cli
