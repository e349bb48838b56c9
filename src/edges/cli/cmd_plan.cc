// wimwright plan

#include "command.h"
#include "job_command.h"
#include "job_report.h"
#include "media_report.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "",
    "plan",
    "Say what `apply` would do, in order and with reasons; write nothing",
    "Reads the image and the updates and decides for every index: what is installed and in which\n"
    "order, what is there already, what is superseded, what does not apply, what is refused and\n"
    "why. A folder is searched for updates by content; file names do not matter.\n"
    "IMAGE may be the folder of an installation media: install.wim and boot.wim are planned, and\n"
    "updates for WinRE and for Windows Setup are named with the place that they are for.",
    {{"plan install.wim --update updates/", "all updates of a folder, all images of the file"},
     {"plan /mnt/media --update updates/", "which file of a media gets which update"},
     {"plan install.wim --update kb1.msu kb2.msu --index 2 --json", "for a script, one image"}}};

class Plan final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override { inputs_.Define(app, false); }

  Result<int> Run(Session& session) override {
    auto options = inputs_.Options(session);
    if (!options) return Fail(options.error());
    const auto& image = inputs_.images().front();
    options->image = image;
    if (servicing::IsMedia(image)) {
      return ReportMedia(session, servicing::PlanMedia(*options, ContextOf(session)), image);
    }
    return ReportJob(session, servicing::Plan(*options, ContextOf(session)),
                     JobNames{image, "", true});
  }

 private:
  JobInputs inputs_;
};

}  // namespace

std::unique_ptr<Command> MakePlan() { return std::make_unique<Plan>(); }

}  // namespace ww::cli
