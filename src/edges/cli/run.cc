#include "wimwright/cli/run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "error_text.h"
#include "exit_code.h"
#include "option_set.h"
#include "wimwright/usage/option_text.h"
#include "wimwright/usage/usage_error.h"

namespace ww::cli {
namespace {

Error LostOutput() {
  return Error{Code::kIo, "the result could not be written to the standard output",
               "give it a file on a disk with room, or a program that reads it", 0};
}

int ReportUsage(const Host& host, OptionSet& set, const Error& error, bool json) {
  CommonOptions options;
  options.json = json;
  auto session = Session::Open(host, options, usage::PathOf(usage::Reached(set.root())));
  if (!session) return kExitInternal;
  (*session)->Complain("wimwright: " + error.message + "\n");
  (*session)->Complain("  next:  " + error.next_step + "\n");
  (*session)->Complain("  code:  " + std::string(CodeName(error.code)) + ", exit code 1\n");
  if (json) (*session)->PrintJson("failed", kExitUsage, Json{{"error", ErrorJson(error)}});
  return kExitUsage;
}

// The result was computed, but does not reach the reader.
int ReportLostOutput(const Host& host, Session& session, const Command& command, int exit_code) {
  if (exit_code != kExitDone && exit_code != kExitPartial) return exit_code;
  if (command.ChangesFiles()) {
    session.Complain(
        "wimwright: done, but the result could not be written to the standard output\n");
    return exit_code;
  }
  if (host.out_abandoned()) return kExitPipe;  // `... | head -1` wants no complaints
  ReportFailure(session, LostOutput());
  return kExitInput;
}

std::string CommandLine(int argc, const char* const* argv) {
  std::string line = "wimwright";
  for (int i = 1; i < argc; ++i) line += std::string(" ") + argv[i];
  return line;
}

Error OutOfMemory(std::string_view cause) {
  return Error{Code::kInternal, std::string(cause),
               "give the process more memory, or use fewer --threads", 0x8007000E};
}

int RunCommand(const Host& host, OptionSet& set, const std::string& command_line) {
  CLI::App& reached = usage::Reached(set.root());
  Command* command = set.CommandOf(reached);
  const std::string path = usage::PathOf(reached);
  auto session = Session::Open(host, set.common(), path);
  if (!session) {
    CommonOptions without_log = set.common();
    without_log.log_file.clear();
    auto plain = Session::Open(host, without_log, path);
    return plain ? ReportFailure(**plain, session.error()) : kExitInternal;
  }
  Session& s = **session;
  s.log().Info("CLI", "wimwright {}: {}", WW_VERSION, command_line);
  if (set.common().json && !host.out) return ReportFailure(s, LostOutput());  // before any change
  int exit_code = kExitInternal;
  try {
    auto done = command->Run(s);
    exit_code = done ? *done : ReportFailure(s, done.error());
  } catch (const std::bad_alloc&) {
    exit_code = ReportFailure(s, OutOfMemory("out of memory"));
  } catch (const std::system_error& e) {
    const bool threads = e.code() == std::errc::resource_unavailable_try_again;
    exit_code = ReportFailure(s, threads ? OutOfMemory("the system gives no more threads")
                                         : Error{Code::kInternal, e.what(), {}, 0});
  } catch (const std::exception& e) {
    exit_code = ReportFailure(s, Error{Code::kInternal, e.what(), {}, 0});
  }
  host.out.flush();
  if (!host.out) exit_code = ReportLostOutput(host, s, *command, exit_code);
  s.log().Info("CLI", "exit code {}", exit_code);
  return exit_code;
}

}  // namespace

int Run(const Host& host, int argc, const char* const* argv) {
  OptionSet set;
  // The object is promised also for arguments that cannot be parsed.
  const bool json = std::any_of(argv + std::min(1, argc), argv + argc,
                                [](const char* a) { return std::string_view(a) == "--json"; });
  try {
    set.root().parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    host.out << (dynamic_cast<const CLI::CallForHelp*>(&wanted) != nullptr
                     ? set.root().help()
                     : std::string(wanted.what()) + "\n")
             << std::flush;
    if (host.out) return kExitDone;
    return host.out_abandoned() ? kExitPipe : kExitInput;
  } catch (const CLI::ParseError& error) {
    return ReportUsage(host, set, usage::UsageError(set.root(), error), json);
  }
  return RunCommand(host, set, CommandLine(argc, argv));
}

}  // namespace ww::cli
