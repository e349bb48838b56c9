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
  // nullptr: the app is a group or the root.
  Command* CommandOf(const CLI::App& app) const;

 private:
  void AddCommonOptions(CLI::App& app);

  CommonOptions common_;
  std::vector<std::unique_ptr<Command>> commands_;
  std::map<const CLI::App*, Command*> by_app_;
  CLI::App root_;
};

}  // namespace ww::cli
