// The report of a servicing job as JSON and as text.
#pragma once

#include <string>

#include "session.h"
#include "wimwright/servicing/job.h"

namespace ww::cli {

struct JobNames {
  std::string image;   // as the user wrote it
  std::string output;  // empty: in place, or a plan
  bool is_plan = false;
};

// The members of docs/cli.md behind "exit_code".
Json JobJson(const servicing::JobReport& report, const JobNames& names);

// "updated to 14393.2457", "not changed": the first line a person reads.
std::string Headline(const servicing::JobReport& report, const JobNames& names);
// Per index: builds and updates with their decision; then totals.
std::string JobText(const servicing::JobReport& report);

// Prints everything, as text and, with --json, as the object; answers the exit code.
int ReportJob(Session& session, const servicing::JobReport& report, const JobNames& names);

}  // namespace ww::cli
