// wimwright image diff
#include <limits>
#include <nlohmann/json.hpp>

#include "command.h"
#include "exit_code.h"
#include "image_diff.h"
#include "index_option.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "image",
    "diff",
    "Show what differs between two WIM files",
    "Compares image by image: packages and their states, components, files (content, streams,\n"
    "attributes, security; not times) and registry values. Exit code 0 whether they differ or "
    "not;\n"
    "scripts read \"identical\".",
    {{"image diff install.wim patched.wim", "what an update changed"},
     {"image diff install.wim patched.wim --index 1 --all", "every single difference"},
     {"image diff install.wim patched.wim --json", "for a script"}}};

class ImageDiff final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override {
    AddOption(app, "OLD", old_, "WIM file").Required().Value("");
    AddOption(app, "NEW", new_, "WIM file to compare with it").Required().Value("");
    index_.Define(app);
    const Option all =
        AddFlag(app, "--all", all_, "List everything, not only the first of each kind");
    AddFlag(app, "--summary", summary_, "Only the numbers").Excludes(all);
  }

  Result<int> Run(Session& session) override {
    WW_TRY(const auto before, wim::WimFile::Open(session.fs(), old_), old_);
    WW_TRY(const auto after, wim::WimFile::Open(session.fs(), new_), new_);
    const std::size_t common = std::min(before->images().size(), after->images().size());
    auto chosen = index_.NumbersOf(static_cast<int>(common));
    if (!chosen) return Fail(chosen.error());
    bool identical = before->images().size() == after->images().size();
    Json indexes = Json::array();
    int phase = 0;
    for (const int index : *chosen) {
      session.progress().BeginPhase(fmt::format("Comparing image {}", index), ++phase,
                                    static_cast<int>(chosen->size()), 0);
      WW_TRY(const auto x, OpenImageOf(*before, index), old_);
      WW_TRY(const auto y, OpenImageOf(*after, index), new_);
      auto difference = DiffImages(session.cancel(), *x, *y);
      if (!difference) return Fail(difference.error().Within(fmt::format("image {}", index)));
      difference->index = index;
      difference->name = after->images().at(static_cast<std::size_t>(index) - 1).name;
      identical = identical && difference->empty();
      if (session.options().json) {
        indexes.push_back(DifferenceJson(*difference));
      } else {
        session.Print(DifferenceText(*difference, Limit()));
      }
    }
    if (before->images().size() != after->images().size()) {
      session.Note("{} images in {}, {} in {}: the others were not compared\n",
                   before->images().size(), old_, after->images().size(), new_);
    }
    if (session.options().json) {
      session.PrintJson("succeeded", kExitDone,
                        Json{{"old", old_},
                             {"new", new_},
                             {"identical", identical},
                             {"indexes", std::move(indexes)}});
    }
    return kExitDone;
  }

 private:
  std::size_t Limit() const {
    constexpr std::size_t kShown = 10;
    if (summary_) return 0;
    return all_ ? std::numeric_limits<std::size_t>::max() : kShown;
  }

  std::string old_, new_;
  IndexOption index_;
  bool all_ = false, summary_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeImageDiff() { return std::make_unique<ImageDiff>(); }

}  // namespace ww::cli
