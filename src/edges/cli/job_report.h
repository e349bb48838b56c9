// The report of a servicing job as JSON and as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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

// The jobs of one command, one image each: the text of each as it ends, one object for all.
class JobSeries {
 public:
  explicit JobSeries(Session& session) : session_(session) {}
  void Add(const servicing::JobReport& report, const JobNames& names);
  // The exit code of the first image that was not done; 0 when all were.
  int Finish();

 private:
  Session& session_;
  std::vector<Json> images_;
  int exit_code_ = 0;
  bool some_done_ = false;  // has a new state
  bool all_nothing_ = true;
};

// Prints everything, as text and, with --json, as the object; answers the exit code.
int ReportJob(Session& session, const servicing::JobReport& report, const JobNames& names);

}  // namespace ww::cli
