// The site server. Administrators reach it through `wimwright site init` and `site serve`, or
// systemd.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "command_tree.h"
#include "wimwright/base/process.h"
#include "wimwright/usage/option_text.h"
#include "wimwright/usage/usage_error.h"

namespace ww::server {

int ExitCodeOf(Code code) {
  switch (code) {
    case Code::kUsage:
      return 1;
    case Code::kNoSpace:
      return 7;
    case Code::kBusy:
      return 8;
    case Code::kConflict:
    case Code::kUnsupported:
      return 5;
    case Code::kInternal:
      return 20;
    default:
      return 2;
  }
}

int Report(const Error& error) {
  std::cerr << fmt::format("wimwrightd: {}\n  next:  {}\n  code:  {}, exit code {}\n",
                           error.message,
                           error.next_step.empty() ? "See the logs of the site." : error.next_step,
                           CodeName(error.code), ExitCodeOf(error.code));
  return ExitCodeOf(error.code);
}

namespace {

// `--role distribution-point ...` is `point serve ...`; the role of a site is the usual one.
std::vector<std::string> WithoutRole(std::vector<std::string> words) {
  constexpr std::string_view kOption = "--role";
  if (words.empty() || !words[0].starts_with(kOption)) return words;
  std::string role = words[0].substr(kOption.size());
  const bool joined = role.starts_with('=');
  if (joined) {
    role.erase(0, 1);
  } else if (words.size() > 1) {
    role = words[1];
  }
  if (role != "distribution-point") return words;  // the parser says what is wrong
  words.erase(words.begin(), words.begin() + (joined ? 1 : 2));
  words.insert(words.begin(), {"point", "serve"});
  return words;
}

}  // namespace
}  // namespace ww::server

int main(int argc, char** argv) {
  using namespace ww::server;
  ww::ReserveStandardStreams();
  ww::IgnoreWriteSignals();
  CommandTree tree;
  try {
    auto words = WithoutRole({argv + 1, argv + argc});
    std::ranges::reverse(words);  // the parser takes them from the end
    tree.root().parse(words);
    const auto done = tree.CommandOf(ww::usage::Reached(tree.root()))->Run();
    return done ? 0 : Report(done.error());
  } catch (const CLI::Success& wanted) {  // --help, --version
    return tree.root().exit(wanted);
  } catch (const CLI::ParseError& error) {
    return Report(ww::usage::UsageError(tree.root(), error));
  } catch (const std::exception& error) {
    return Report(ww::Error{ww::Code::kInternal, error.what(), {}, 0});
  }
}
