// wimwright completion
#include <CLI/CLI.hpp>

#include "command.h"
#include "exit_code.h"
#include "wimwright/usage/completion.h"

namespace ww::cli {
namespace {

const Manual kManual{"",
                     "completion",
                     "Print a shell completion script",
                     "For ~/.bashrc: eval \"$(wimwright completion bash)\". Packages install it.",
                     {{"completion bash", "the script for bash"},
                      {"completion zsh", "for zsh: a file _wimwright in a folder of $fpath"},
                      {"completion fish", "for fish"}}};

class Completion final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    root_ = app.get_parent();
    app.add_option("SHELL", shell_, "bash, zsh or fish")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""));
  }
  Result<int> Run(Session& session) override {
    session.Print(usage::CompletionFor(shell_, *root_));
    return kExitDone;
  }

 private:
  const CLI::App* root_ = nullptr;
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> MakeCompletion() { return std::make_unique<Completion>(); }

}  // namespace ww::cli
