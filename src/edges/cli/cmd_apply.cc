// wimwright apply
#include <CLI/CLI.hpp>

#include "command.h"
#include "job_command.h"
#include "job_report.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "",
    "apply",
    "Apply updates to an image, prove the result, publish it atomically",
    "All updates for all chosen indexes become one pass and one commit. The finished file is\n"
    "opened again from disk and must show every selected update, before it gets its name. When\n"
    "anything fails, and after Ctrl-C, the input image and any earlier output are byte for byte\n"
    "what they were. A second run of the same job does nothing and says so.\n"
    "\n"
    "--output writes a new file and leaves IMAGE alone; --in-place replaces IMAGE. One of the two\n"
    "has to be given.",
    {{"apply install.wim --update updates/ --output patched.wim",
      "all updates of a folder into all images; install.wim stays as it is"},
     {"apply install.wim --update kb4343884.msu --index 1 --in-place",
      "one update into the first image of the file itself"},
     {"apply install.wim --update updates/ --in-place --continue-on-error --json",
      "leave out what cannot be applied (exit code 10) and say what it was"}}};

class Apply final : public Command {
 public:
  const Manual& manual() const override { return kManual; }

  void Define(CLI::App& app) override {
    inputs_.Define(app);
    CLI::Option* output =
        app.add_option("--output,-o", output_, "Write the result to FILE")->type_name("FILE");
    app.add_flag("--in-place", in_place_, "Replace IMAGE by the result")->excludes(output);
    app.add_flag("--continue-on-error", continue_on_error_,
                 "Leave out updates that fail or are refused (exit code 10)");
    app.add_option("--compression-level", level_, "Effort of compression; default 4")
        ->type_name("1-100")
        ->check(CLI::Range(1, 100).description(""));
  }

  Result<int> Run(Session& session) override {
    if (output_.empty() && !in_place_) {
      return Fail(Error{Code::kUsage, "where the result goes was not said",
                        "give --output FILE for a new file or --in-place to replace the image", 0});
    }
    auto options = inputs_.Options(session);
    if (!options) return Fail(options.error());
    if (!in_place_) options->output = output_;
    options->continue_on_error = continue_on_error_;
    options->compression_level = level_;
    return ReportJob(session, servicing::Apply(*options, ContextOf(session)),
                     JobNames{inputs_.image(), output_, false});
  }

 private:
  JobInputs inputs_;
  std::string output_;
  bool in_place_ = false;
  bool continue_on_error_ = false;
  int level_ = servicing::JobOptions{}.compression_level;
};

}  // namespace

std::unique_ptr<Command> MakeApply() { return std::make_unique<Apply>(); }

}  // namespace ww::cli
