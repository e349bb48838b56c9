// One small lab for all end-to-end tests of this process.
#pragma once

#include "servicing_testing.h"
#include "wimwright/lab/lab.h"

namespace ww::servicing {

struct LabFiles {
  stdfs::path dir;
  lab::LabReport report;

  stdfs::path image(std::string_view name) const { return dir / "images" / name; }
  stdfs::path update(std::string_view name) const { return dir / "updates" / name; }
  JobOptions Options(const lab::Case& which) const;
  // The first case of `image` whose updates all are to be installed; null: there is none.
  const lab::Case* Installable(std::string_view image) const;
};

// Made at the first call, removed at the end of the process. A failure aborts.
const LabFiles& Lab();

inline constexpr std::string_view kTwoIndexes = "win10-1607-x86.wim";

// The exit code of the command line for a report (cli.md).
int ExitCode(const JobReport& report);

}  // namespace ww::servicing
