// wimwright site schedule create, list, show, cancel.
#include <CLI/CLI.hpp>

#include "exit_code.h"
#include "site_command.h"

namespace ww::cli {
namespace {

const Manual kCreate{
    "site schedule",
    "create",
    "Schedule the servicing of images, and wake the component",
    "All steps of the classic automation script: finds the image and the group, makes the token,\n"
    "the schedule, its images and updates, and runs the offline servicing manager.",
    {{"site schedule create --image-name \"Windows 11\" --update-group-name November --now",
      "as soon as possible"},
     {"site schedule create --image-name W11 --update-group-name November --at 2026-12-09T02:00",
      "at a time of the site server"}}};

// SMS_ST_ tokens of --recur.
Result<Json> Recurrence(const std::string& text) {
  if (text.empty()) {
    return Json{{"@odata.type", "#AdminService.SMS_ST_NonRecurring"}};
  }
  if (text == "daily") {
    return Json{{"@odata.type", "#AdminService.SMS_ST_RecurInterval"}, {"DaySpan", 1}};
  }
  if (text == "weekly") {
    return Json{{"@odata.type", "#AdminService.SMS_ST_RecurInterval"}, {"DaySpan", 7}};
  }
  if (text == "patch-tuesday") {  // the second Tuesday of each month
    return Json{{"@odata.type", "#AdminService.SMS_ST_RecurMonthlyByWeekday"},
                {"Day", 3},
                {"WeekOrder", 2},
                {"ForNumberOfMonths", 1}};
  }
  return Fail(Error{Code::kUsage, fmt::format("'{}' is no recurrence", text),
                    "Take daily, weekly or patch-tuesday.", 0});
}

class Create final : public SiteCommand {
 public:
  const Manual& manual() const override { return kCreate; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("--image-name", images_, "Name or PackageID of the image")
        ->required()
        ->type_name("NAME")
        ->expected(1, -1);
    app.add_option("--update-group-name", group_, "Name of the software update group")
        ->required()
        ->type_name("NAME");
    app.add_option("--at", at_, "When, by the site server's clock: 2026-12-09T02:00")
        ->type_name("TIME");
    app.add_flag("--now", now_, "As soon as possible (default without --at)");
    app.add_option("--recur", recur_, "daily, weekly or patch-tuesday")->type_name("RULE");
    app.add_flag("--update-dp", update_dp_, "Update distribution points afterwards");
    app.add_flag("--continue-on-error", continue_, "Go on with the next update when one fails");
    app.add_flag("--remove-superseded", remove_, "Remove superseded updates afterwards");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    if (now_ && !at_.empty()) {
      return Fail(Error{Code::kUsage, "--now and --at exclude each other", "Give one of them.", 0});
    }
    WW_TRY(const auto group, FindGroup(site, group_), group_);
    const auto& members = group.at("Updates");
    if (members.empty()) return Fail(Code::kUsage, fmt::format("{} has no updates", group_));
    std::vector<Json> images;
    for (const auto& name : images_) {
      WW_TRY(auto image,
             site.One("SMS_ImagePackage",
                      fmt::format("PackageID eq {0} or Name eq {0}", SiteClient::Literal(name))),
             name);
      images.push_back(std::move(image));
    }
    WW_TRY(auto token, Recurrence(recur_), "--recur");
    if (!at_.empty()) token["StartTime"] = at_.size() == 16 ? at_ + ":00" : at_;
    WW_TRY(
        const auto written,
        site.Post("SMS_ScheduleMethods.WriteToString", Json{{"TokenData", Json::array({token})}}),
        "token");
    const bool soon = at_.empty();
    Json body{{"UpdateDP", update_dp_},
              {"ContinueOnError", continue_},
              {"RemoveSupersededUpdates", remove_},
              {"Action", soon ? 1 : 0}};
    if (!soon || !recur_.empty()) body["Schedule"] = written.value("StringData", "");
    WW_TRY(const auto schedule, site.Post("SMS_ImageServicingSchedule", body), "schedule");
    const auto& id = schedule.at("ScheduleID");
    if (auto filled = Fill(site, id, images, members); !filled) {
      // Half a schedule would service less than was asked for.
      auto error = filled.error();
      const auto gone = site.Delete(fmt::format("SMS_ImageServicingSchedule({})", id.dump()));
      return Fail(gone ? error : error.FollowedBy(gone.error()));
    }
    return ShowDone(
        session,
        fmt::format("schedule {}: {} images, {} updates", id.dump(), images.size(), members.size()),
        Json{{"schedule_id", id}, {"images", images.size()}, {"updates", members.size()}});
  }

 private:
  // The rows of a new schedule, and the call that wakes the component.
  static Status Fill(SiteClient& site, const Json& id, const std::vector<Json>& images,
                     const Json& members) {
    for (const auto& image : images) {
      const Json row{{"ImagePackageID", image.at("PackageID")}, {"ScheduleID", id}};
      WW_TRY_STATUS(site.Post("SMS_ImageServicingScheduledImage", row).map([](const Json&) {}),
                    "image");
    }
    for (const auto& member : members) {
      const Json row{{"ScheduleID", id}, {"UpdateID", member}};
      WW_TRY_STATUS(site.Post("SMS_ImageServicingScheduledUpdate", row).map([](const Json&) {}),
                    "update");
    }
    WW_TRY(const auto sites, site.List("SMS_Identification"), "site");
    for (const auto& image : images) {
      const Json call{{"SiteCode", sites.at(0).at("ThisSiteCode")},
                      {"ServerName", sites.at(0).at("SMSSiteServer")},
                      {"PackageID", image.at("PackageID")},
                      {"PackageType", 257}};
      WW_TRY_STATUS(
          site.Post("SMS_ImagePackage.RunOfflineServicingManager", call).map([](const Json&) {}),
          "offline servicing manager");
    }
    return {};
  }

  std::vector<std::string> images_;
  std::string group_, at_, recur_;
  bool now_ = false, update_dp_ = false, continue_ = false, remove_ = false;
};

const Manual kList{"site schedule",
                   "list",
                   "List servicing schedules",
                   "State: 0 none, 1 scheduled, 2 running, 3 succeeded, 4 failed.",
                   {{"site schedule list", "all of them"}}};

class List final : public SiteCommand {
 public:
  const Manual& manual() const override { return kList; }

 protected:
  void DefineOwn(CLI::App&) override {}
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto all, site.List("SMS_ImageServicingSchedule", {}, "ScheduleID"), "schedules");
    return ShowList(session, "schedules", all,
                    {{"ScheduleID", "ScheduleID"},
                     {"State", "State"},
                     {"Action", "Action"},
                     {"Schedule", "Schedule"},
                     {"Last run", "LastRunDateTime"}});
  }
};

const Manual kShow{"site schedule",
                   "show",
                   "Show one schedule with its images and updates",
                   "",
                   {{"site schedule show 16777217", "by its id"}}};

class Show final : public SiteCommand {
 public:
  const Manual& manual() const override { return kShow; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("ID", id_, "ScheduleID")->required()->type_name("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(auto answer, site.Get(fmt::format("SMS_ImageServicingSchedule({})", id_)), "schedule");
    auto schedule = answer.at("value").at(0);
    const auto filter = fmt::format("ScheduleID eq {}", id_);
    WW_TRY(const auto images, site.List("SMS_ImageServicingScheduledImage", filter), "images");
    WW_TRY(const auto updates, site.List("SMS_ImageServicingScheduledUpdate", filter), "updates");
    schedule["images"] = Json::array();
    schedule["updates"] = Json::array();
    for (const auto& one : images) schedule["images"].push_back(one.at("ImagePackageID"));
    for (const auto& one : updates) schedule["updates"].push_back(one.at("UpdateID"));
    WW_TRY(auto runs, site.List("WW_ServicingRun", filter, "RunID"), "runs");
    if (session.options().json) {
      schedule["runs"] = std::move(runs);
      return ShowObject(session, "schedule", schedule);
    }
    ShowObject(session, "schedule", schedule);
    for (const auto& run : runs) session.Print("\n{}", LineOfRun(run));
    return kExitDone;
  }

 private:
  std::uint32_t id_ = 0;
};

const Manual kCancel{"site schedule",
                     "cancel",
                     "Cancel a schedule",
                     "",
                     {{"site schedule cancel 16777217", "by its id"}}};

class Cancel final : public SiteCommand {
 public:
  const Manual& manual() const override { return kCancel; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("ID", id_, "ScheduleID")->required()->type_name("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY_STATUS(
        site.Patch(fmt::format("SMS_ImageServicingSchedule({})", id_), Json{{"Action", 2}})
            .map([](const Json&) {}),
        "schedule");
    return ShowDone(session, fmt::format("schedule {} is cancelled", id_),
                    Json{{"schedule_id", id_}});
  }

 private:
  std::uint32_t id_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeSiteScheduleCreate() { return std::make_unique<Create>(); }
std::unique_ptr<Command> MakeSiteScheduleList() { return std::make_unique<List>(); }
std::unique_ptr<Command> MakeSiteScheduleShow() { return std::make_unique<Show>(); }
std::unique_ptr<Command> MakeSiteScheduleCancel() { return std::make_unique<Cancel>(); }

}  // namespace ww::cli
