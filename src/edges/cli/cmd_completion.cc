// wimwright completion

#include "command.h"
#include "completion.h"
#include "exit_code.h"

namespace ww::cli {
namespace {

const Manual kManual{"",
                     "completion",
                     "Print a shell completion script",
                     "For ~/.bashrc: eval \"$(wimwright completion bash)\". Packages install it.",
                     {{"completion bash", "the script for bash"}}};

class Completion final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    root_ = app.get_parent();
    AddOption(app, "SHELL", shell_, "bash").Required().Value("").OneOf({"bash"});
  }
  Result<int> Run(Session& session) override {
    session.Print(BashCompletion(*root_));
    return kExitDone;
  }

 private:
  const CLI::App* root_ = nullptr;
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> MakeCompletion() { return std::make_unique<Completion>(); }

}  // namespace ww::cli
