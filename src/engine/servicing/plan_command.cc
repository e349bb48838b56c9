// Plan(): decides, writes nothing.
#include "job_input.h"
#include "job_plan.h"
#include "job_report.h"
#include "search_updates.h"
#include "wimwright/servicing/job.h"

namespace ww::servicing {
namespace {

Result<Outcome> PlanOnly(const JobOptions& options, JobFileSystem& fs, const Context& context,
                         JobReport& report) {
  const Stopwatch watch(context.clock, report.seconds.plan);
  WW_TRY(auto input, OpenInput(options.image, fs, context.log), options.image.filename().string());
  WW_TRY(const auto indexes, ChosenIndexes(options, *input.wim), options.image.filename().string());
  context.progress.BeginPhase("plan", 1, 1, PlanBytes(options, indexes, *input.wim));
  const auto planned = PlanJob(options, *input.wim, indexes, options.scratch_dir, {}, fs, context);
  if (!planned) return Fail(planned.error());
  const auto& [updates, plan] = *planned;
  ReportIndexes(plan, updates, Stage::kPlanned, {}, report);
  const auto verdict = Judge(plan, updates, options.continue_on_error);
  report.error = verdict.error;
  switch (verdict.kind) {
    case Verdict::Kind::kDo:
      return Outcome::kPlanned;
    case Verdict::Kind::kNothing:
      return Outcome::kNothingToDo;
    case Verdict::Kind::kFail:
      break;
  }
  return Outcome::kFailed;
}

}  // namespace

JobReport Plan(const JobOptions& options, const Context& context) {
  JobReport report;
  JobFileSystem fs(context.fs, context.cancel, context.progress);
  {
    const Stopwatch watch(context.clock, report.seconds.total);
    auto outcome = PlanOnly(options, fs, context, report);
    if (outcome) {
      report.outcome = *outcome;
    } else {
      report.outcome = context.cancel.requested() ? Outcome::kCancelled : Outcome::kFailed;
      report.error = outcome.error();
      if (context.cancel.requested()) report.error->code = Code::kCancelled;
    }
  }
  if (report.error && report.error->next_step.empty()) {
    report.error->next_step = NextStepFor(report.error->code);
  }
  report.bytes_read = fs.bytes_read();
  report.bytes_written = fs.bytes_written();
  return report;
}

}  // namespace ww::servicing
