// A command of the site server's program: its manual, its options, and what it does.
#pragma once

#include <memory>
#include <vector>

#include "wimwright/base/result.h"
#include "wimwright/usage/manual.h"

namespace CLI {
class App;
}

namespace ww::server {

// The table of exit codes of docs/cli.md, as far as they occur here.
int ExitCodeOf(Code code);
// Cause, next step and codes on stderr; the exit code.
int Report(const Error& error);

class Command {
 public:
  virtual ~Command() = default;
  virtual const usage::Manual& manual() const = 0;
  // Called once, before the arguments are parsed; `app` outlives the command's run.
  virtual void Define(CLI::App& app) = 0;
  virtual Status Run() = 0;
};

std::unique_ptr<Command> MakeInit();
std::unique_ptr<Command> MakeServe();
std::unique_ptr<Command> MakeConfig();
std::unique_ptr<Command> MakeAccountSet();
std::unique_ptr<Command> MakeAccountList();
std::unique_ptr<Command> MakeAccountRemove();
std::unique_ptr<Command> MakeTokenCreate();
std::unique_ptr<Command> MakeTokenList();
std::unique_ptr<Command> MakeTokenRevoke();
std::unique_ptr<Command> MakePointInit();
std::unique_ptr<Command> MakePointServe();
std::unique_ptr<Command> MakePointToken();
std::unique_ptr<Command> MakeMan();
std::unique_ptr<Command> MakeCompletion();
// In the order of the manual.
std::vector<std::unique_ptr<Command>> AllCommands();
const std::vector<usage::NounManual>& AllNouns();

}  // namespace ww::server
