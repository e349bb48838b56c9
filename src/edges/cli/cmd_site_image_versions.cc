// wimwright site image versions, rollback: what an image was, and how it becomes that again.
#include <CLI/CLI.hpp>

#include "site_command.h"
#include "units.h"

namespace ww::cli {
namespace {

std::string OriginText(std::uint64_t origin) {
  return origin == 1 ? "source" : origin == 2 ? "servicing" : origin == 3 ? "rollback" : "";
}

Result<Json> VersionsOf(SiteClient& site, const std::string& id) {
  WW_TRY(auto versions,
         site.List("WW_ImageVersion", fmt::format("PackageID eq {}", SiteClient::Literal(id)),
                   "SourceVersion"),
         "versions");
  return versions;
}

const Manual kVersions{
    "site image",
    "versions",
    "List the versions of an image that the site keeps",
    "IMAGE is a PackageID or a name. The current version is what servicing starts\n"
    "from and distribution points get.",
    {{"site image versions \"Windows 11\"", "by its name"}}};

class Versions final : public SiteCommand {
 public:
  const Manual& manual() const override { return kVersions; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("IMAGE", image_, "PackageID or name")->required()->type_name("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto image, FindImage(site, image_), image_);
    WW_TRY(auto versions, VersionsOf(site, image.value("PackageID", "")), image_);
    if (!session.options().json) {
      for (auto& one : versions) {
        one["Size"] = FormatBytes(one.value("Size", std::uint64_t{0}));
        one["Origin"] = OriginText(one.value("Origin", std::uint64_t{0}));
        one["Current"] = one.value("Current", false) ? "current" : "";
        one["Pinned"] = one.value("Pinned", false) ? "pinned" : "";
      }
    }
    return ShowList(session, "versions", versions,
                    {{"Version", "SourceVersion"},
                     {"Created", "Created"},
                     {"OS version", "OSVersion"},
                     {"Size", "Size"},
                     {"From", "Origin"},
                     {"Based on", "BasedOn"},
                     {"", "Current"},
                     {"", "Pinned"},
                     {"Content", "ContentID"}});
  }

 private:
  std::string image_;
};

const Manual kRollback{
    "site image",
    "rollback",
    "Make an image what an earlier version of it was",
    "Makes a new version of the earlier one's content, writes it back to the image's source and\n"
    "sends it to the distribution points. Without --to: the version that the current one was made\n"
    "of, or else the one before it.",
    {{"site image rollback LAB00001", "undo the last servicing"},
     {"site image rollback LAB00001 --to 3 --keep-dp", "a certain one, not to the points yet"}}};

class Rollback final : public SiteCommand {
 public:
  const Manual& manual() const override { return kRollback; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("IMAGE", image_, "PackageID or name")->required()->type_name("");
    app.add_option("--to", to_, "Number of the version")->type_name("VERSION");
    app.add_flag("--keep-dp", keep_points_, "Distribution points keep what they have");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto image, FindImage(site, image_), image_);
    const auto id = image.value("PackageID", "");
    if (to_ == 0) {
      WW_TRY(to_, Before(site, id), image_);
    }
    const Json body{{"PackageID", id}, {"SourceVersion", to_}, {"UpdateDP", !keep_points_}};
    WW_TRY(const auto answer, site.Post("WW_ImageVersion.RollBack", body), image_);
    const auto made = answer.value("NewVersion", std::uint64_t{0});
    return ShowDone(session, fmt::format("{} is what version {} was: version {}", id, to_, made),
                    Json{{"package_id", id}, {"version", made}, {"content_of", to_}});
  }

 private:
  static Result<std::uint64_t> Before(SiteClient& site, const std::string& id) {
    WW_TRY(const auto versions, VersionsOf(site, id), "versions");
    std::uint64_t previous = 0, based_on = 0;
    for (const auto& one : versions) {
      const auto number = one.value("SourceVersion", std::uint64_t{0});
      if (one.value("Current", false)) {
        based_on = one.value("BasedOn", std::uint64_t{0});
        break;
      }
      previous = number;
    }
    for (const auto& one : versions) {
      if (based_on != 0 && one.value("SourceVersion", std::uint64_t{0}) == based_on) {
        return based_on;
      }
    }
    if (previous != 0) return previous;
    return Fail(Error{Code::kNotFound, fmt::format("{} has no earlier version", id),
                      "See wimwright site image versions.", 0});
  }

  std::string image_;
  std::uint64_t to_ = 0;
  bool keep_points_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeSiteImageVersions() { return std::make_unique<Versions>(); }
std::unique_ptr<Command> MakeSiteImageRollback() { return std::make_unique<Rollback>(); }

}  // namespace ww::cli
