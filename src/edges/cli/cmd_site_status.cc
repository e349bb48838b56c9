// wimwright site status: what runs, what ran, and how it ended.
#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "exit_code.h"
#include "site_command.h"

namespace ww::cli {
namespace {

constexpr std::chrono::milliseconds kPoll{500};

bool IsFinal(const std::string& state) {
  return state == "Succeeded" || state == "Failed" || state == "Cancelled";
}

// The exit code of docs/cli.md for how a run ended.
int ExitCodeOfRun(const Json& run) {
  const auto state = run.value("State", "");
  const auto code = run.value("ErrorCode", "");
  if (state == "Succeeded") return run.value("FailedUpdateID", 0) == 0 ? kExitDone : kExitPartial;
  if (state == "Cancelled") return kExitCancelled;
  for (int i = 1; i <= static_cast<int>(Code::kLimit); ++i) {
    if (CodeName(static_cast<Code>(i)) == code) return ExitCodeOf(static_cast<Code>(i));
  }
  return kExitInternal;
}

// "run 12, LAB00001 Windows 11: Failed. Cause ... Next ..."
const Manual kStatus{
    "site",
    "status",
    "Show progress and results of servicing",
    "With --follow: phases, bytes and the time that is left, until no run is unfinished. The exit\n"
    "code is then that of the first run that did not succeed.",
    {{"site status", "what runs and what ran"},
     {"site status --follow --schedule 16777217", "until the schedule is done"}}};

class StatusOf final : public SiteCommand {
 public:
  const Manual& manual() const override { return kStatus; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_flag("--follow", follow_, "Wait until nothing runs, and show how it goes on");
    app.add_option("--schedule", schedule_, "Only this ScheduleID")->type_name("ID");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    if (follow_) WW_RETURN_IF_ERROR(Follow(site, session));
    WW_TRY(const auto runs, site.List("WW_ServicingRun", Filter(), "RunID"), "runs");
    WW_TRY(const auto progress, site.List("SMS_ImageServicingProgress", Filter(), "ScheduleID"),
           "progress");
    int exit_code = kExitDone;
    Json shown = Json::array();
    for (const auto& run : runs) {
      // Those that were over before are not what was waited for.
      const bool waited = followed_.contains(run.at("RunID").get<std::int64_t>());
      if (follow_ && waited && exit_code == kExitDone) exit_code = ExitCodeOfRun(run);
      shown.push_back(run);
    }
    if (session.options().json) {
      session.PrintJson(exit_code == kExitDone ? "succeeded" : "failed", exit_code,
                        Json{{"progress", progress}, {"runs", shown}});
      return exit_code;
    }
    ShowList(session, "runs", shown,
             {{"Run", "RunID"},
              {"Schedule", "ScheduleID"},
              {"Image", "ImagePackageID"},
              {"State", "State"},
              {"Phase", "Phase"},
              {"Before", "BuildBefore"},
              {"After", "BuildAfter"},
              {"Began", "RunDateTime"},
              {"Error", "ErrorCode"}});
    return exit_code;
  }

 private:
  std::string Filter() const {
    return schedule_ == 0 ? std::string() : fmt::format("ScheduleID eq {}", schedule_);
  }

  // Until there is no unfinished run, and no schedule (of those asked for) that is about to run.
  Status Follow(SiteClient& site, Session& session) {
    for (;;) {
      WW_RETURN_IF_ERROR(session.cancel().Check());
      auto filter = Filter();
      WW_TRY(const auto runs, site.List("WW_ServicingRun", filter, "RunID"), "runs");
      bool unfinished = false;
      const Json* shown = nullptr;
      for (const auto& run : runs) {
        const auto id = run.at("RunID").get<std::int64_t>();
        const auto state = run.value("State", "");
        const bool over = IsFinal(state);
        auto& last = states_[id];
        if (last != state && (!over || followed_.contains(id) || schedule_ != 0)) {
          session.Note(LineOfRun(run));
        }
        last = state;
        if (!over || schedule_ != 0) followed_.insert(id);
        unfinished = unfinished || !over;
        if (!over && state != "Queued" && shown == nullptr) shown = &run;
      }
      if (shown != nullptr) ShowPhase(session, *shown);
      if (!unfinished) {
        WW_TRY(const auto waiting, Waiting(site), "schedule");
        if (!waiting) return {};
      }
      std::this_thread::sleep_for(kPoll);
    }
  }

  // A schedule that was asked for and has not begun.
  Result<bool> Waiting(SiteClient& site) {
    if (schedule_ == 0) return false;
    WW_TRY(const auto answer, site.Get(fmt::format("SMS_ImageServicingSchedule({})", schedule_)),
           "schedule");
    const auto state = answer.at("value").at(0).value("State", 0);
    return state == 1 || state == 2;
  }

  void ShowPhase(Session& session, const Json& run) {
    const auto phase = run.value("Phase", "");
    if (phase.empty()) return;
    const auto name = fmt::format("{} {}", run.value("ImagePackageID", ""), phase);
    const auto total = run.value("BytesTotal", std::uint64_t{0});
    const auto done = run.value("BytesDone", std::uint64_t{0});
    if (name != phase_) {
      phase_ = name;
      done_ = 0;
      session.progress().BeginPhase(name, run.value("PhaseNumber", 0), run.value("PhaseCount", 0),
                                    total);
    }
    if (done > done_) session.progress().Advance(done - done_);
    done_ = std::max(done_, done);
  }

  bool follow_ = false;
  std::uint32_t schedule_ = 0;
  std::map<std::int64_t, std::string> states_;  // of runs, as last told
  std::set<std::int64_t> followed_;
  std::string phase_;
  std::uint64_t done_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeSiteStatus() { return std::make_unique<StatusOf>(); }

}  // namespace ww::cli
