#include "wimwright/usage/usage_error.h"

#include <CLI/CLI.hpp>

#include "wimwright/usage/option_text.h"
#include "wimwright/usage/suggestion.h"

namespace ww::usage {
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

}  // namespace

Error UsageError(CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& reached = Reached(root);
  const std::string path = PathOf(reached);
  const std::string help =
      "see " + root.get_name() + " " + path + (path.empty() ? "" : " ") + "--help";
  for (const std::string& word : root.remaining(true)) {
    const bool option = word.size() > 1 && word.front() == '-';
    const bool command = !option && IsGroup(reached);
    if (!option && !command) continue;
    const std::string bare = word.substr(0, word.find('='));
    const auto nearest = Nearest(bare, option ? OptionNames(reached) : CommandNames(reached));
    Error unknown{Code::kUsage, (option ? "unknown option " : "unknown command ") + bare, help, 0};
    if (nearest) unknown.message += "; the nearest is " + *nearest;
    return unknown;
  }
  std::string message = error.what();
  if (IsGroup(reached)) {
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

}  // namespace ww::usage
