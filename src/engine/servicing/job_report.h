// From plans and events to the report that the outside reads.
#pragma once

#include "job_plan.h"
#include "search_updates.h"
#include "wimwright/servicing/job.h"

namespace ww::servicing {

// What became of the updates that the plan wanted done.
enum class Stage {
  kPlanned,  // `plan`: nothing was to be written
  kApplied,  // it is in the published image
  kNotDone,  // the job ended before: nothing was written
};

// Fills `report.indexes` and `report.ignored_files`. `stopped_by`: why the job ended, for kNotDone.
void ReportIndexes(const JobPlan& plan, const UpdateSet& updates, Stage stage,
                   const std::optional<Error>& stopped_by, JobReport& report);

// What to do about an error whose origin could not say.
std::string_view NextStepFor(Code code);

// Measures one part of the job on the context's clock; adds to `seconds` at the end of its life.
class Stopwatch {
 public:
  Stopwatch(const Clock& clock, double& seconds)
      : clock_(clock), seconds_(seconds), start_(clock.Now()) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() {
    const std::chrono::duration<double> passed = clock_.Now() - start_;
    if (passed.count() > 0) seconds_ += passed.count();  // the wall clock may be set back
  }

 private:
  const Clock& clock_;
  double& seconds_;
  TimePoint start_;
};

}  // namespace ww::servicing
