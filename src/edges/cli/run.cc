#include "wimwright/cli/run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "error_text.h"
#include "exit_code.h"
#include "option_set.h"
#include "suggestion.h"

namespace ww::cli {
namespace {

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const OptionText& option : OptionsOf(app)) {
    for (const std::string& name : option.names) {
      if (name.size() > 2) names.push_back(name);
    }
  }
  return names;
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

// What was wrong with the arguments, in our words where the parser's would not help.
Error UsageError(OptionSet& set, const CLI::ParseError& error) {
  CLI::App& reached = set.Reached();
  const std::string path = OptionSet::PathOf(reached);
  const std::string help = "see wimwright " + path + (path.empty() ? "" : " ") + "--help";
  for (const std::string& word : set.root().remaining(true)) {
    const bool option = word.size() > 1 && word.front() == '-';
    const bool command = !option && set.CommandOf(reached) == nullptr;
    if (!option && !command) continue;
    const std::string bare = word.substr(0, word.find('='));
    const auto nearest = Nearest(bare, option ? OptionNames(reached) : CommandNames(reached));
    Error unknown{Code::kUsage, (option ? "unknown option " : "unknown command ") + bare, help, 0};
    if (nearest) unknown.message += "; the nearest is " + *nearest;
    return unknown;
  }
  std::string message = error.what();
  if (set.CommandOf(reached) == nullptr) {
    message = path.empty() ? "a command is missing" : "\"" + path + "\" needs one more word";
    message += ": ";
    bool first = true;
    for (const std::string& name : CommandNames(reached)) {
      message += (first ? "" : ", ") + name;
      first = false;
    }
  }
  return Error{Code::kUsage, message, help, 0};
}

int ReportUsage(const Host& host, OptionSet& set, const Error& error, bool json) {
  CommonOptions options;
  options.json = json;
  auto session = Session::Open(host, options, OptionSet::PathOf(set.Reached()));
  if (!session) return kExitInternal;
  (*session)->Complain("wimwright: " + error.message + "\n");
  (*session)->Complain("  next:  " + error.next_step + "\n");
  (*session)->Complain("  code:  " + std::string(CodeName(error.code)) + ", exit code 1\n");
  if (json) (*session)->PrintJson("failed", kExitUsage, Json{{"error", ErrorJson(error)}});
  return kExitUsage;
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
  CLI::App& reached = set.Reached();
  Command* command = set.CommandOf(reached);
  const std::string path = OptionSet::PathOf(reached);
  auto session = Session::Open(host, set.common(), path);
  if (!session) {
    CommonOptions without_log = set.common();
    without_log.log_file.clear();
    auto plain = Session::Open(host, without_log, path);
    return plain ? ReportFailure(**plain, session.error()) : kExitInternal;
  }
  Session& s = **session;
  s.log().Info("CLI", "wimwright {}: {}", WW_VERSION, command_line);
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
  s.log().Info("CLI", "exit code {}", exit_code);
  host.out.flush();
  if (!host.out && exit_code == kExitDone) {
    s.Complain("wimwright: the result could not be written to the standard output\n");
    exit_code = kExitInput;
  }
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
                     : std::string(wanted.what()) + "\n");
    return kExitDone;
  } catch (const CLI::ParseError& error) {
    return ReportUsage(host, set, UsageError(set, error), json);
  }
  return RunCommand(host, set, CommandLine(argc, argv));
}

}  // namespace ww::cli
