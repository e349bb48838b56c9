// A tree of commands and options as CLI11 holds it, read for people: help, man pages, completion.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ww::usage {

// Options of this group are common to all commands of a program: pages list them apart.
inline constexpr const char* kCommonGroup = "Common options";

struct OptionText {
  std::vector<std::string> names;  // "--index", "-o"; empty for positionals
  std::string value;               // "N|all", empty for flags
  std::string description;
  std::vector<std::string> choices;  // of an enumeration
  bool positional = false;
  bool required = false;
  bool repeats = false;
  bool common = false;  // one of --json, --quiet ...
};
std::vector<OptionText> OptionsOf(const CLI::App& app);

// "image info"; empty for the root.
std::string PathOf(const CLI::App& app);
// All commands and groups below `root`, parents before children, in the order of the manual.
std::vector<const CLI::App*> AppsBelow(const CLI::App& root);
bool IsGroup(const CLI::App& app);
// The app that the arguments reached: "image info", or "image" when the verb was missing.
CLI::App& Reached(CLI::App& root);

}  // namespace ww::usage
