#include "job_report.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "error_text.h"
#include "exit_code.h"
#include "units.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/servicing/report_json.h"

namespace ww::cli {
namespace {

using servicing::IndexOutcome;
using servicing::JobReport;
using servicing::Outcome;
using servicing::UpdateOutcome;

// "install" and "installed" are the doing words; the others are reasons for not doing.
bool IsDone(const UpdateOutcome& u) { return u.order > 0 && u.decision != "failed"; }

std::string Words(std::string_view decision) {
  std::string words(decision);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string UpdateText(const UpdateOutcome& u) {
  const std::string name = u.kb.empty() ? u.input : u.kb;
  std::string text =
      fmt::format("  {:>3}  {:<16} {:<16} {}\n", IsDone(u) ? std::to_string(u.order) + "." : "-",
                  Words(u.decision), name, u.identity);
  if (!u.reason.empty()) {
    text += fmt::format("       {}", u.reason);
    if (u.hresult != 0) {
      text += fmt::format(" [HRESULT = 0x{:08x} - {}]", u.hresult, cbs::SymbolOf(u.hresult));
    }
    text += '\n';
  }
  if (!u.next_step.empty()) text += fmt::format("       next: {}\n", u.next_step);
  return text;
}

std::string IndexText(const IndexOutcome& i) {
  std::string text;
  std::vector<UpdateOutcome> updates = i.updates;
  // What is done comes first, in the order in which it is done.
  std::stable_sort(updates.begin(), updates.end(), [](const auto& a, const auto& b) {
    const int x = IsDone(a) ? a.order : 1 << 30;
    const int y = IsDone(b) ? b.order : 1 << 30;
    return x < y;
  });
  for (const UpdateOutcome& u : updates) text += UpdateText(u);
  const auto& f = i.files;
  const auto& r = i.registry;
  if (f.added + f.replaced + f.removed + r.values_set + r.values_removed > 0) {
    text += fmt::format(
        "       files: {} added, {} replaced, {} removed; registry values: {} set, {} removed\n",
        f.added, f.replaced, f.removed, r.values_set, r.values_removed);
  }
  return text;
}

// "14393.2457", or "index 1 to 14393.2457, index 2 to 15063.10" when they differ.
std::string Builds(const JobReport& report) {
  const auto& indexes = report.indexes;
  const bool same = std::all_of(indexes.begin(), indexes.end(), [&](const IndexOutcome& i) {
    return i.build_after == indexes.front().build_after;
  });
  if (indexes.empty()) return "a new state";
  if (same) return indexes.front().build_after;
  std::string text;
  for (const IndexOutcome& i : indexes) {
    if (!text.empty()) text += ", ";
    text += fmt::format("index {} {}", i.index, i.build_after);
  }
  return text;
}

}  // namespace

Json JobJson(const JobReport& report, const JobNames& names) {
  return servicing::ReportJson(report, names.image, names.output);
}

std::string Headline(const JobReport& report, const JobNames& names) {
  const std::string& target = names.output.empty() ? names.image : names.output;
  switch (report.outcome) {
    case Outcome::kSucceeded:
      return fmt::format("{}: updated to {}, proven", target, Builds(report));
    case Outcome::kPartial:
      return fmt::format("{}: updated to {}, proven; some updates failed", target, Builds(report));
    case Outcome::kPlanned:
      return fmt::format("{}: not changed; the plan leads to {}", names.image, Builds(report));
    case Outcome::kNothingToDo:
      return fmt::format("{}: not changed, nothing left to do", names.image);
    case Outcome::kCancelled:
      return fmt::format("{}: not changed, cancelled", names.image);
    case Outcome::kFailed:
      break;
  }
  return fmt::format("{}: not changed, failed", names.image);
}

std::string JobText(const JobReport& report) {
  std::string text;
  std::map<std::string, int> shown;  // what an index came to -> the first index with it
  for (const IndexOutcome& i : report.indexes) {
    const std::string build = i.build_before == i.build_after || i.build_after.empty()
                                  ? i.build_before
                                  : i.build_before + " -> " + i.build_after;
    text += fmt::format("index {}  {} ({})  {}\n", i.index, i.name, i.architecture, build);
    // Editions of one build usually come to the same.
    const std::string outcome = IndexText(i);
    const auto [first, is_new] = shown.emplace(outcome, i.index);
    text += is_new ? outcome : fmt::format("       as index {}\n", first->second);
  }
  for (const std::string& ignored : report.ignored_files) text += "ignored  " + ignored + "\n";
  const auto& s = report.seconds;
  text += fmt::format("read {}, wrote {}; plan {}, apply {}, verify {}, publish {}, total {}\n",
                      FormatBytes(report.bytes_read), FormatBytes(report.bytes_written),
                      FormatSeconds(s.plan), FormatSeconds(s.apply), FormatSeconds(s.verify),
                      FormatSeconds(s.publish), FormatSeconds(s.total));
  return text;
}

namespace {

// What a person reads of one job, before the report itself.
int Announce(Session& session, const JobReport& report, const JobNames& names) {
  const int exit_code = ExitCodeOf(report);
  const std::string headline = Headline(report, names) + "\n";
  if (exit_code == kExitDone) {
    session.Note(headline);
  } else {
    session.Complain(headline);
  }
  if (report.error) {
    ComplainAbout(session, *report.error, exit_code);
  } else if (exit_code != kExitDone && exit_code != kExitPartial && exit_code != kExitCancelled) {
    ComplainAbout(session, Error{Code::kInternal, "the job failed without saying why", {}, 0},
                  exit_code);
  }
  return exit_code;
}

}  // namespace

int ReportJob(Session& session, const JobReport& report, const JobNames& names) {
  const int exit_code = Announce(session, report, names);
  if (session.options().json) {
    session.PrintJson(servicing::OutcomeName(report.outcome), exit_code, JobJson(report, names));
  } else if (names.is_plan) {
    session.Print(JobText(report));  // the plan is what was asked for: data
    return exit_code;
  }
  session.Note(JobText(report));
  if (exit_code == kExitDone && !session.options().log_file.empty()) {
    session.Note("log: {}\n", session.options().log_file);
  }
  return exit_code;
}

void JobSeries::Add(const JobReport& report, const JobNames& names) {
  const int exit_code = Announce(session_, report, names);
  session_.Note(JobText(report));
  if (exit_code_ == kExitDone) exit_code_ = exit_code;
  some_done_ =
      some_done_ || report.outcome == Outcome::kSucceeded || report.outcome == Outcome::kPartial;
  all_nothing_ = all_nothing_ && report.outcome == Outcome::kNothingToDo;
  Json image{{"result", servicing::OutcomeName(report.outcome)}, {"exit_code", exit_code}};
  image.update(JobJson(report, names));
  images_.push_back(std::move(image));
}

int JobSeries::Finish() {
  Outcome outcome = Outcome::kSucceeded;
  if (all_nothing_) outcome = Outcome::kNothingToDo;
  if (exit_code_ != kExitDone) outcome = some_done_ ? Outcome::kPartial : Outcome::kFailed;
  if (exit_code_ == kExitCancelled) outcome = Outcome::kCancelled;
  if (session_.options().json) {
    session_.PrintJson(servicing::OutcomeName(outcome), exit_code_, Json{{"images", images_}});
  }
  return exit_code_;
}

}  // namespace ww::cli
