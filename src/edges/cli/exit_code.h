// The exit codes of docs/cli.md: the one place that decides them.
#pragma once

#include "wimwright/base/result.h"
#include "wimwright/servicing/job.h"

namespace ww::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitUsage = 1;
inline constexpr int kExitInput = 2;
inline constexpr int kExitNotApplicable = 3;
inline constexpr int kExitPrerequisite = 4;
inline constexpr int kExitUnsupported = 5;
inline constexpr int kExitVerification = 6;
inline constexpr int kExitNoSpace = 7;
inline constexpr int kExitBusy = 8;
inline constexpr int kExitCancelled = 9;
inline constexpr int kExitPartial = 10;
inline constexpr int kExitInternal = 20;
// What a shell says of a program that SIGPIPE ended.
inline constexpr int kExitPipe = 141;

int ExitCodeOf(Code code);
int ExitCodeOf(const servicing::JobReport& report);

}  // namespace ww::cli
