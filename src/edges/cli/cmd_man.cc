// wimwright man

#include "command.h"
#include "exit_code.h"
#include "option_set.h"
#include "output_file.h"
#include "wimwright/usage/man_page.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "",
    "man",
    "Print or write the manual pages",
    "Without --output-dir: the page of wimwright itself, in roff. With it: that page and one per\n"
    "command, as files.",
    {{"man | man -l -", "read the page"}, {"man --output-dir share/man/man1", "for a package"}}};

class Man final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    AddOption(app, "--output-dir", directory_, "Write all pages into DIR").Value("DIR");
  }
  Result<int> Run(Session& session) override {
    // A tree of its own: this command's app belongs to one that is being used.
    OptionSet set;
    usage::Program program;
    program.name = "wimwright";
    program.version = WW_VERSION;
    program.summary = "apply Windows updates to WIM images without Windows";
    program.see_also = {"wimwrightd(8)"};
    const auto pages = usage::ManPages(program, set.root(), [&set](const CLI::App& app) {
      const Command* command = set.CommandOf(app);
      return command == nullptr ? nullptr : &command->manual();
    });
    if (directory_.empty()) {
      session.Print(pages.front().roff);
      return kExitDone;
    }
    for (const usage::ManPage& page : pages) {
      WW_TRY_STATUS(WriteWhole(session.fs(), std::filesystem::path(directory_) / page.file,
                               AsBytes(page.roff)),
                    page.file);
    }
    session.Note("{} pages in {}\n", pages.size(), directory_);
    return kExitDone;
  }

 private:
  std::string directory_;
};

}  // namespace

std::unique_ptr<Command> MakeMan() { return std::make_unique<Man>(); }

}  // namespace ww::cli
