// wimwright lab create
#include <nlohmann/json.hpp>

#include "command.h"
#include "exit_code.h"
#include "units.h"
#include "wimwright/lab/lab.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "lab",
    "create",
    "Write sample images, updates and a README that says what each is for",
    "Everything in it is made by this program: no byte of it is Microsoft's. DIR/images holds\n"
    "images, DIR/updates updates, DIR/lab.json what each update must come to on each image.\n"
    "--fit makes an image to which a genuine update applies.\n"
    "\n"
    "small takes seconds, standard some more, large (for benchmarks) minutes and gigabytes,\n"
    "many (for benchmarks of planning) has tiny files, but as many as a client.",
    {{"lab create lab", "the standard set"},
     {"lab create lab --preset small", "what tests need"},
     {"lab create lab --preset small --fit windows6.1-kb2780124-x86.msu",
      "with an image for a genuine update"}}};

Json CaseJson(const lab::Case& c) {
  Json updates = Json::array();
  for (const lab::ExpectedDecision& u : c.updates) updates.push_back(u.update);
  return Json{{"name", c.name},
              {"image", c.image},
              {"index", c.index},
              {"updates", std::move(updates)},
              {"exit_code", c.exit_code}};
}

class LabCreate final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  bool ChangesFiles() const override { return true; }

  void Define(CLI::App& app) override {
    AddOption(app, "DIR", directory_, "Folder to make; it must be new or empty")
        .Required()
        .Value("");
    AddOption(app, "--preset", preset_, "small, standard (default), large or many")
        .Value("PRESET")
        .OneOf({"small", "standard", "large", "many"});
    AddOption(app, "--share", share_, "Only this much of what the preset puts into an image")
        .Value("PERCENT")
        .Between(1, 100);
    AddOption(app, "--fit", fit_, "Genuine update that gets an image of its own")
        .Value("UPDATE")
        .Several();
    AddOption(app, "--only", only_, "Only images and updates of these names")
        .Value("NAME")
        .Several();
    AddOption(app, "--threads", threads_, "Worker threads; default: one per processor")
        .Value("N")
        .Between(1, 1024);
  }

  Result<int> Run(Session& session) override {
    lab::LabOptions options;
    options.preset = lab::ParsePreset(preset_).value_or(options.preset);
    options.share = share_;
    options.fit.assign(fit_.begin(), fit_.end());
    options.only = only_;
    options.threads = threads_;
    auto made =
        lab::CreateLab(session.fs(), directory_, options, session.progress(), session.cancel());
    if (!made) return Fail(made.error().Within(directory_));
    for (const std::string& note : made->notes) session.Note("note: {}\n", note);
    session.Note("{}: {} images, {} updates, {} cases, {}; start with {}/README.md\n", directory_,
                 made->images.size(), made->updates.size(), made->cases.size(),
                 FormatBytes(made->bytes_written), directory_);
    if (session.options().json) {
      Json cases = Json::array();
      for (const lab::Case& c : made->cases) cases.push_back(CaseJson(c));
      session.PrintJson("succeeded", kExitDone,
                        Json{{"directory", directory_},
                             {"preset", preset_},
                             {"images", made->images},
                             {"updates", made->updates},
                             {"cases", std::move(cases)},
                             {"notes", made->notes},
                             {"bytes_written", made->bytes_written}});
    }
    return kExitDone;
  }

 private:
  std::string directory_, preset_ = "standard";
  std::vector<std::string> fit_, only_;
  unsigned threads_ = 0;
  unsigned share_ = 100;
};

}  // namespace

std::unique_ptr<Command> MakeLabCreate() { return std::make_unique<LabCreate>(); }

}  // namespace ww::cli
