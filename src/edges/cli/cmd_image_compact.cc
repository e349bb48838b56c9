// wimwright image compact
#include <nlohmann/json.hpp>

#include "command.h"
#include "exit_code.h"
#include "job_command.h"
#include "units.h"
#include "wimwright/servicing/compact.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "image",
    "compact",
    "Write a WIM file without its dead space",
    "In-place jobs append: what they replace stays in the file as dead space (`image info` says "
    "how\n"
    "much). This command copies everything that is in use, as it is stored, into a new file, "
    "compares\n"
    "every stored byte with the old one, and only then gives it its name. Nothing is compressed\n"
    "again. Afterwards there is nothing left to roll back to.\n"
    "\n"
    "--output writes a new file and leaves IMAGE alone; --in-place replaces IMAGE by the new "
    "file,\n"
    "which needs room beside it until then. One of the two has to be given.",
    {{"image compact install.wim --in-place", "return the dead space of a file"},
     {"image compact install.wim --output small.wim --json", "into another file, for a script"}}};

class ImageCompact final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  bool ChangesFiles() const override { return true; }
  void Define(CLI::App& app) override {
    AddOption(app, "IMAGE", image_, "WIM file").Required().Value("");
    const Option output =
        AddOption(app, "--output,-o", output_, "Write the result to FILE").Value("FILE");
    AddFlag(app, "--in-place", in_place_, "Replace IMAGE by the result").Excludes(output);
    AddOption(app, "--threads", threads_, "Worker threads; default: one per processor")
        .Value("N")
        .Between(1, 1024);
  }

  Result<int> Run(Session& session) override {
    if (output_.empty() && !in_place_) {
      return Fail(Error{Code::kUsage, "where the result goes was not said",
                        "give --output FILE for a new file or --in-place to replace the image", 0});
    }
    servicing::CompactOptions options;
    options.image = image_;
    if (!in_place_) options.output = output_;
    options.threads = threads_;
    auto done = servicing::Compact(options, ContextOf(session));
    if (!done) return Fail(done.error());
    const auto& report = *done;
    const bool nothing = report.outcome == servicing::Outcome::kNothingToDo;
    if (session.options().json) {
      session.PrintJson(servicing::OutcomeName(report.outcome), kExitDone,
                        Json{{"image", image_},
                             {"output", output_},
                             {"bytes_before", report.bytes_before},
                             {"bytes_after", report.bytes_after}});
    }
    session.Note("{}: {}, {} -> {}\n", in_place_ ? image_ : output_,
                 nothing ? "no dead space, nothing to do" : "compacted, every stored byte compared",
                 FormatBytes(report.bytes_before), FormatBytes(report.bytes_after));
    return kExitDone;
  }

 private:
  std::string image_;
  std::string output_;
  bool in_place_ = false;
  unsigned threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeImageCompact() { return std::make_unique<ImageCompact>(); }

}  // namespace ww::cli
