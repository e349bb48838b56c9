// wimwright image packages
#include <nlohmann/json.hpp>

#include "command.h"
#include "exit_code.h"
#include "windows_image.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "image",
    "packages",
    "List the packages that an image has",
    "Identity, KB number, state in the words of DISM and install time, as the image's component\n"
    "store records them.",
    {{"image packages install.wim --index 1", "for a person"},
     {"image packages install.wim --index 1 --json", "for a script"}}};

class ImagePackages final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    AddOption(app, "IMAGE", image_, "WIM file").Required().Value("");
    AddOption(app, "--index", index_, "Image in the file, by number")
        .Required()
        .Value("N")
        .Between(1, 0x7FFFFFFF);
  }

  Result<int> Run(Session& session) override {
    WW_TRY(const auto file, wim::WimFile::Open(session.fs(), image_), image_);
    WW_TRY(const auto open, OpenWindowsOf(*file, index_), image_);
    Json packages = Json::array();
    std::string text;
    for (const auto& [key, package] : open->windows->packages()) {
      WW_RETURN_IF_ERROR(session.cancel().Check());
      const std::string kb = KbOf(*open, *file, package);
      const std::string_view state = cbs::PackageStateName(package.state);
      const std::string time = FormatFileTime(package.install_time);
      text += fmt::format("{:<18} {:<10} {:<21} {}\n", state, kb, time, package.identity_string);
      packages.push_back(Json{{"identity", package.identity_string},
                              {"kb", kb},
                              {"state", state},
                              {"install_time", time}});
    }
    if (session.options().json) {
      session.PrintJson("succeeded", kExitDone,
                        Json{{"image", image_}, {"index", index_}, {"packages", packages}});
    } else {
      session.Print(text);
    }
    return kExitDone;
  }

 private:
  std::string image_;
  int index_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeImagePackages() { return std::make_unique<ImagePackages>(); }

}  // namespace ww::cli
