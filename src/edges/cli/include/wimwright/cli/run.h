// The command line as a function: arguments in, exit code out. docs/cli.md is its contract.
#pragma once

#include <ostream>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/progress.h"

namespace ww::cli {

// What the program stands on. Everything must outlive Run().
struct Host {
  FileSystem& fs;
  const Clock& clock;
  const Cancellation& cancel;
  std::ostream& out;     // data: nothing but the result
  std::ostream& err;     // text for a person: progress, summary, warnings
  bool err_is_terminal;  // progress is one line that changes, not one line per step
  // Whether nobody reads `out` any more: the program behind the pipe has ended.
  bool (*out_abandoned)() = [] { return false; };
  bool out_is_terminal = false;  // names that are not plain text are shown escaped
};

// Runs the command that `argv` names (argv[0] is the program) and answers the exit code of
// docs/cli.md. Never throws, never prompts.
int Run(const Host& host, int argc, const char* const* argv);

}  // namespace ww::cli
