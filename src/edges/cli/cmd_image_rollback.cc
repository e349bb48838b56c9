// wimwright image rollback
#include <nlohmann/json.hpp>

#include "command.h"
#include "exit_code.h"
#include "job_command.h"
#include "units.h"
#include "wimwright/servicing/rollback.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "image",
    "rollback",
    "Take the last in-place job back",
    "After `apply --in-place` the file still holds everything it held before, and a record of "
    "where\n"
    "that was. This command returns to it: the file becomes byte for byte the former one, "
    "whatever\n"
    "its size in a moment. Several jobs are taken back one after the other, the last one first. "
    "What\n"
    "an interrupted job left behind is cut off, and then nothing else is taken back.\n"
    "\n"
    "It works until the file is written as a whole, by `image compact` or another program, and is\n"
    "refused (exit code 5) when another program has changed the image since.",
    {{"image rollback install.wim", "the image as it was before the last job"},
     {"image rollback install.wim --json", "the same, for a script"}}};

class ImageRollback final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  bool ChangesFiles() const override { return true; }
  void Define(CLI::App& app) override {
    AddOption(app, "IMAGE", image_, "WIM file").Required().Value("");
  }

  Result<int> Run(Session& session) override {
    auto done = servicing::RollBack(image_, ContextOf(session));
    if (!done) return Fail(done.error());
    const auto& what = *done;
    if (session.options().json) {
      session.PrintJson("succeeded", kExitDone,
                        Json{{"image", image_},
                             {"undone", what.interrupted ? "interrupted" : "job"},
                             {"bytes_before", what.bytes_before},
                             {"bytes_after", what.bytes_after}});
    }
    session.Note("{}: {}, {} -> {}\n", image_,
                 what.interrupted ? "what an interrupted job left was cut off"
                                  : "rolled back to what it was before the last job",
                 FormatBytes(what.bytes_before), FormatBytes(what.bytes_after));
    return kExitDone;
  }

 private:
  std::string image_;
};

}  // namespace

std::unique_ptr<Command> MakeImageRollback() { return std::make_unique<ImageRollback>(); }

}  // namespace ww::cli
