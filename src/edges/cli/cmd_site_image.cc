// wimwright site image add, list, show, reload: images and upgrade packages.
#include <filesystem>

#include "site_command.h"

namespace ww::cli {
namespace {

constexpr const char* kClasses[] = {"SMS_ImagePackage", "SMS_OperatingSystemInstallPackage"};

const Manual kAdd{"site image",
                  "add",
                  "Make an image or upgrade package of a WIM",
                  "PATH is a path on the server: a .wim file makes an operating system image, a\n"
                  "folder of Windows setup an upgrade package.",
                  {{"site image add \"Windows 11\" --source /srv/images/install.wim", "an image"}}};

class Add final : public SiteCommand {
 public:
  const Manual& manual() const override { return kAdd; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "NAME", name_, "Name of the image").Required().Value("");
    AddOption(app, "--source", source_, "The .wim, or a folder of Windows setup")
        .Required()
        .Value("PATH");
    AddOption(app, "--description", description_, "Free text").Value("TEXT");
    AddOption(app, "--version", version_, "Free text").Value("TEXT");
    AddFlag(app, "--upgrade-package", upgrade_, "An operating system upgrade package");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    // The server's working folder is not this one.
    if (source_.starts_with("./") || source_.starts_with("../") ||
        (source_.find_first_of("/\\") == std::string::npos)) {
      return Fail(Error{Code::kUsage, fmt::format("--source {} is a relative path", source_),
                        "Give the path as the server sees it, from the root.", 0});
    }
    Json body{{"Name", name_}, {"PkgSourceFlag", 2}, {"PkgSourcePath", source_}};
    if (!description_.empty()) body["Description"] = description_;
    if (!version_.empty()) body["Version"] = version_;
    std::error_code error;
    const bool folder = upgrade_ || std::filesystem::is_directory(source_, error);
    WW_TRY(const auto made, site.Post(kClasses[folder ? 1 : 0], body), name_);
    const auto id = made.value("PackageID", "");
    return ShowDone(session, fmt::format("{} is {}", name_, id),
                    Json{{"package_id", id}, {"class", made.value("__CLASS", "")}});
  }

 private:
  std::string name_, source_, description_, version_;
  bool upgrade_ = false;
};

const Manual kList{"site image",
                   "list",
                   "List images and upgrade packages",
                   "",
                   {{"site image list", "all of them"}}};

class List final : public SiteCommand {
 public:
  const Manual& manual() const override { return kList; }

 protected:
  void DefineOwn(CLI::App&) override {}
  Result<int> RunOn(SiteClient& site, Session& session) override {
    Json all = Json::array();
    for (const char* cls : kClasses) {
      WW_TRY(const auto some, site.List(cls, {}, "PackageID"), cls);
      for (const auto& one : some) all.push_back(one);
    }
    return ShowList(session, "images", all,
                    {{"PackageID", "PackageID"},
                     {"Name", "Name"},
                     {"OS version", "ImageOSVersion"},
                     {"Version", "SourceVersion"},
                     {"Source date", "SourceDate"},
                     {"Source", "PkgSourcePath"}});
  }
};

const Manual kShow{"site image",
                   "show",
                   "Show one image with all its properties",
                   "IMAGE is a PackageID or a name.",
                   {{"site image show LAB00001", "by its id"}}};

class Show final : public SiteCommand {
 public:
  const Manual& manual() const override { return kShow; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "IMAGE", image_, "PackageID or name").Required().Value("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto found, FindImage(site, image_), image_);
    WW_TRY(const auto answer, site.Get(ResourceOf(found)), image_);
    return ShowObject(session, "image", answer.at("value").at(0));
  }

 private:
  std::string image_;
};

const Manual kReload{"site image",
                     "reload",
                     "Read an image's metadata from its WIM again",
                     "",
                     {{"site image reload LAB00001", "after the file was replaced"}}};

class Reload final : public SiteCommand {
 public:
  const Manual& manual() const override { return kReload; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "IMAGE", image_, "PackageID or name").Required().Value("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto found, FindImage(site, image_), image_);
    WW_TRY_STATUS(
        site.Post(ResourceOf(found) + "/AdminService.ReloadImageProperties", Json::object())
            .map([](const Json&) {}),
        image_);
    const auto id = found.value("PackageID", "");
    return ShowDone(session, fmt::format("{}: metadata read again", id), Json{{"package_id", id}});
  }

 private:
  std::string image_;
};

}  // namespace

std::unique_ptr<Command> MakeSiteImageAdd() { return std::make_unique<Add>(); }
std::unique_ptr<Command> MakeSiteImageList() { return std::make_unique<List>(); }
std::unique_ptr<Command> MakeSiteImageShow() { return std::make_unique<Show>(); }
std::unique_ptr<Command> MakeSiteImageReload() { return std::make_unique<Reload>(); }

}  // namespace ww::cli
