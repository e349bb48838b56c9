// The commands of wimwrightd as the parser holds them: what --help, man pages and completion read.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "command.h"

namespace ww::server {

// Not movable: the parser points into it.
class CommandTree {
 public:
  CommandTree();
  CommandTree(const CommandTree&) = delete;
  CommandTree& operator=(const CommandTree&) = delete;

  CLI::App& root() { return root_; }
  // nullptr for the root.
  Command* CommandOf(const CLI::App& app) const;

 private:
  CLI::App* GroupOf(std::string_view noun);

  std::vector<std::unique_ptr<Command>> commands_;
  std::map<const CLI::App*, Command*> by_app_;
  CLI::App root_;
};

}  // namespace ww::server
