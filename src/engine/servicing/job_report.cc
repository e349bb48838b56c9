#include "job_report.h"

#include "wimwright/cbs/hresult.h"

namespace ww::servicing {
namespace {

UpdateOutcome OutcomeOf(const JobUpdate& update, const std::optional<cbs::UpdateDecision>& decision,
                        Stage stage, const std::optional<Error>& stopped_by) {
  UpdateOutcome out;
  out.input = update.input;
  out.identity = update.identity;
  out.kb = update.kb;
  if (!decision) {
    // What cannot be read is refused in planning; what turned out damaged under way has failed.
    out.decision = update.source == nullptr ? "refused" : "failed";
    if (update.error) {
      out.hresult = update.error->hresult;
      out.reason = update.error->message;
      out.next_step = update.error->next_step;
    }
    return out;
  }
  out.hresult = decision->hresult;
  out.reason = decision->reason;
  out.next_step = decision->next_step;
  if (out.next_step.empty() && decision->decision == cbs::Decision::kRefused) {
    out.next_step = NextStepFor(decision->code);
  }
  const bool wanted =
      decision->decision == cbs::Decision::kInstall || decision->decision == cbs::Decision::kStage;
  if (wanted && stage == Stage::kNotDone) {
    out.decision = "failed";
    out.hresult = cbs::kDependentFailure;
    out.reason = "It was not applied, because the job did not finish.";
    if (stopped_by) {
      out.reason = "It was not applied, because the job stopped: " + stopped_by->message;
      out.next_step = stopped_by->next_step;
    }
    return out;
  }
  out.order = decision->order;
  out.decision = stage == Stage::kPlanned ? cbs::DecisionName(decision->decision)
                                          : cbs::CompletedDecisionName(decision->decision);
  return out;
}

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPlanned:
      return "planned";
    case Outcome::kSucceeded:
      return "succeeded";
    case Outcome::kNothingToDo:
      return "nothing_to_do";
    case Outcome::kPartial:
      return "partial";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kCancelled:
      return "cancelled";
  }
  return "failed";
}

std::string_view NextStepFor(Code code) {
  switch (code) {
    case Code::kCorrupt:
    case Code::kLimit:
      return "Get the file again from where it came from and compare its digest.";
    case Code::kUnsupported:
      return "Leave this file out, or get it in another form.";
    case Code::kNotFound:
      return "Check the names that were given, and that the image is complete.";
    case Code::kBusy:
      return "Wait until the other job has finished, then run this one again.";
    case Code::kIo:
      return "Check the disk and the rights on it, then run the job again.";
    case Code::kNotApplicable:
      return "Choose updates for the product, edition and build of this image.";
    case Code::kUsage:
      return "See the help of the command.";
    case Code::kPrerequisiteMissing:
      return "Add the missing update to the job, or apply it first.";
    case Code::kConflict:
      return "Apply the updates one by one, or leave one out.";
    case Code::kVerificationFailed:
      return "Verify the image and the update against their sources; nothing was published.";
    case Code::kNoSpace:
      return "Free space where the output is written, or choose another place.";
    case Code::kCancelled:
      return "Run the job again when it suits.";
    case Code::kInternal:
      return "Report this with the log: it is a defect of wimwright.";
  }
  return "";
}

void ReportIndexes(const JobPlan& plan, const UpdateSet& updates, Stage stage,
                   const std::optional<Error>& stopped_by, JobReport& report) {
  report.indexes.clear();
  report.ignored_files = updates.ignored;
  for (const auto& index : plan.indexes) {
    IndexOutcome out;
    out.index = index.index;
    out.name = index.name;
    out.architecture = index.architecture;
    out.build_before = index.before.ToString();
    out.build_after = (stage == Stage::kNotDone ? index.before : index.after).ToString();
    for (std::size_t i = 0; i < updates.updates.size(); ++i) {
      out.updates.push_back(OutcomeOf(updates.updates[i], index.decisions[i], stage, stopped_by));
    }
    if (stage != Stage::kNotDone && index.does_something) {
      out.files.added = index.file_counts.added;
      out.files.replaced = index.file_counts.replaced;
      out.files.removed = index.file_counts.removed;
      for (const auto change : *index.registry) {
        using Kind = cbs::RegistryChange::Kind;
        if (change.kind == Kind::kSetValue || change.kind == Kind::kSetIfMissing) {
          ++out.registry.values_set;
        } else if (change.kind == Kind::kDeleteValue || change.kind == Kind::kDeleteKey) {
          ++out.registry.values_removed;
        }
      }
    }
    report.indexes.push_back(std::move(out));
  }
}

}  // namespace ww::servicing
