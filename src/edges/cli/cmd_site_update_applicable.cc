// wimwright site update applicable: which updates fit an image of the site.
#include "exit_code.h"
#include "site_command.h"

namespace ww::cli {
namespace {

constexpr std::chrono::hours kLongCall{1};

const Manual kApplicable{
    "site update",
    "applicable",
    "Ask which updates fit an image",
    "The server's engine plans them against the image as it is now and says of each index what\n"
    "would happen and why. Nothing is written. Without --update: all updates that have content,\n"
    "that nothing replaces and that are for the image's system.",
    {{"site update applicable LAB00001", "everything that could be done"},
     {"site update applicable \"Windows 10\" --update KB4343884", "one of them"}}};

class Applicable final : public SiteCommand {
 public:
  const Manual& manual() const override { return kApplicable; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "IMAGE", image_, "PackageID or name").Required().Value("");
    AddOption(app, "--update", updates_, "Only these: KB number or CI_ID")
        .Value("UPDATE")
        .Several();
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    site.WaitFor(kLongCall);
    WW_TRY(const auto image, FindImage(site, image_), image_);
    Json body{{"PackageID", image.value("PackageID", "")}};
    Json ids = Json::array();
    for (const auto& name : updates_) {
      WW_TRY(const auto found, FindUpdates(site, name), name);
      for (const auto& one : found) ids.push_back(one.value("CI_ID", std::uint64_t{0}));
    }
    if (!ids.empty()) body["CI_IDs"] = std::move(ids);
    WW_TRY(const auto answer, site.Post("WW_UpdateCatalog.ApplicableUpdates", body), "applicable");
    const auto rows = answer.value("Updates", Json::array());
    const std::vector<TableColumn> columns{{"Index", "ImageIndex"}, {"CI_ID", "CI_ID"},
                                           {"KB", "ArticleID"},     {"Decision", "Decision"},
                                           {"Name", "Title"},       {"HResult", "HResult"},
                                           {"Reason", "Reason"},    {"Next step", "NextStep"}};
    if (!session.options().json) return ShowList(session, "updates", rows, columns);
    Json updates = Json::array();
    for (const auto& row : rows) {
      Json one = Json::object();
      for (const auto& column : columns) one[column.property] = row.value(column.property, Json());
      updates.push_back(std::move(one));
    }
    session.PrintJson(
        "succeeded", kExitDone,
        Json{{"updates", std::move(updates)}, {"remembered", answer.value("Remembered", false)}});
    return kExitDone;
  }

 private:
  std::string image_;
  std::vector<std::string> updates_;
};

}  // namespace

std::unique_ptr<Command> MakeSiteUpdateApplicable() { return std::make_unique<Applicable>(); }

}  // namespace ww::cli
