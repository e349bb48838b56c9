// The tree of commands and options as CLI11 holds it, and how to walk it: the parser, the help, the
// man pages and the shell completion all read this one definition.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "command.h"

namespace ww::cli {

// Owns the commands and the parser that is bound to them. Not movable: the parser points into it.
class OptionSet {
 public:
  OptionSet();
  OptionSet(const OptionSet&) = delete;
  OptionSet& operator=(const OptionSet&) = delete;

  CLI::App& root() { return root_; }
  const CommonOptions& common() const { return common_; }
  // The app that the arguments reached: "image info", or "image" when the verb was missing.
  CLI::App& Reached();
  // nullptr: the app is a group or the root.
  Command* CommandOf(const CLI::App& app) const;
  // "image info"; empty for the root.
  static std::string PathOf(const CLI::App& app);

 private:
  void AddCommonOptions(CLI::App& app);

  CommonOptions common_;
  std::vector<std::unique_ptr<Command>> commands_;
  std::map<const CLI::App*, Command*> by_app_;
  CLI::App root_;
};

// All commands and groups below `root`, parents before children, in the order of the manual.
std::vector<const CLI::App*> AppsBelow(const CLI::App& root);

// What man pages and completion need to know of one option.
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

inline constexpr const char* kCommonGroup = "Common options";

}  // namespace ww::cli
