// wimwright site update import, list, show: the site's software updates.

#include "exit_code.h"
#include "site_command.h"
#include "wimwright/cab/search.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/cbs/update_content.h"

namespace ww::cli {
namespace {

const Manual kImport{
    "site update",
    "import",
    "Make software updates of update files",
    "Reads identity, KB and architecture from the packages themselves. The site learns of the\n"
    "update; its content is not sent. An update that the site has is left alone.",
    {{"site update import windows10.0-kb4343884-x86.msu", "one"},
     {"site update import updates/", "all of a folder"}}};

class Import final : public SiteCommand {
 public:
  const Manual& manual() const override { return kImport; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "PATH", paths_, "Update file (.msu, .cab) or folder of updates")
        .Required()
        .Value("")
        .Several();
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    Json imported = Json::array();
    for (const auto& path : paths_) {
      WW_TRY(const auto found, cab::FindUpdates(session.fs(), path), path);
      for (const auto& update : found.updates) {
        WW_TRY_STATUS(ImportFile(site, session, update.path, imported), update.path.string());
      }
    }
    if (imported.empty()) {
      return Fail(Error{Code::kNotFound, "no update was found", "Name a .msu or .cab file.", 0});
    }
    return ShowList(session, "updates", imported,
                    {{"CI_ID", "CI_ID"},
                     {"KB", "ArticleID"},
                     {"Name", "LocalizedDisplayName"},
                     {"Decision", "decision"}});
  }

 private:
  static Status ImportFile(SiteClient& site, Session& session, const std::filesystem::path& path,
                           Json& imported) {
    WW_TRY(const auto file,
           cab::OpenUpdate(session.fs(), path, cab::OpenOptions{session.options().scratch_dir}),
           "opening");
    for (const auto& package : file.packages) {
      WW_TRY(const auto update, cbs::UpdateContent::Load(*package, path.filename().string()),
             "reading");
      const auto identity = update.identity();
      std::string kb = update.kb();
      if (kb.starts_with("KB")) kb = kb.substr(2);
      const Json body{{"UniqueID", identity},
                      {"ArticleID", kb},
                      {"Title", fmt::format("{} for {} ({})", cbs::UpdateKindName(update.kind()),
                                            update.architecture(), update.kb())},
                      {"Description", identity}};
      WW_TRY(const auto made, site.Post("WW_UpdateCatalog.ImportUpdate", body), "importing");
      WW_TRY(auto shown,
             site.One("SMS_SoftwareUpdate",
                      fmt::format("CI_ID eq {}", made.at("CI_ID").get<std::uint64_t>())),
             "importing");
      shown["decision"] = made.value("Imported", false) ? "imported" : "already_present";
      imported.push_back(std::move(shown));
    }
    return {};
  }
  std::vector<std::string> paths_;
};

const Manual kList{
    "site update", "list", "List software updates", "", {{"site update list", "all of them"}}};

class List final : public SiteCommand {
 public:
  const Manual& manual() const override { return kList; }

 protected:
  void DefineOwn(CLI::App&) override {}
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto all, site.List("SMS_SoftwareUpdate", {}, "CI_ID"), "updates");
    return ShowList(session, "updates", all,
                    {{"CI_ID", "CI_ID"},
                     {"KB", "ArticleID"},
                     {"Name", "LocalizedDisplayName"},
                     {"Downloaded", "IsContentProvisioned"},
                     {"Superseded", "IsSuperseded"}});
  }
};

const Manual kShow{"site update",
                   "show",
                   "Show one software update",
                   "",
                   {{"site update show KB4343884", "by its article"}}};

class Show final : public SiteCommand {
 public:
  const Manual& manual() const override { return kShow; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "UPDATE", update_, "KB number or CI_ID").Required().Value("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto found, FindUpdate(site, update_), update_);
    WW_TRY(const auto answer,
           site.Get(fmt::format("SMS_SoftwareUpdate({})", found.value("CI_ID", std::uint64_t{0}))),
           update_);
    return ShowObject(session, "update", answer.at("value").at(0));
  }

 private:
  std::string update_;
};

}  // namespace

Result<Json> FindUpdates(SiteClient& site, const std::string& text) {
  const bool number = text.find_first_not_of("0123456789") == std::string::npos && !text.empty();
  std::string filter = fmt::format("LocalizedDisplayName eq {}", SiteClient::Literal(text));
  if (number) filter = fmt::format("CI_ID eq {0} or ArticleID eq '{0}'", text);
  if (text.starts_with("KB") || text.starts_with("kb")) {
    filter = fmt::format("ArticleID eq {}", SiteClient::Literal(text.substr(2)));
  }
  WW_TRY(auto found, site.List("SMS_SoftwareUpdate", filter, "CI_ID"), "software update");
  if (!found.empty()) return found;
  return Fail(Error{Code::kNotFound, fmt::format("there is no software update {}", text),
                    "Import it: wimwright site update import FILE.", 0});
}

Result<Json> FindUpdate(SiteClient& site, const std::string& text) {
  WW_TRY(auto found, FindUpdates(site, text), "update");
  if (found.size() == 1) return found[0];
  std::string ids;
  for (const auto& one : found) {
    ids += fmt::format("{}{}", ids.empty() ? "" : ", ", one.at("CI_ID").get<std::uint64_t>());
  }
  return Fail(Error{Code::kConflict, fmt::format("{} software updates are {}", found.size(), text),
                    fmt::format("Give the CI_ID: {}.", ids), 0});
}

std::unique_ptr<Command> MakeSiteUpdateImport() { return std::make_unique<Import>(); }
std::unique_ptr<Command> MakeSiteUpdateList() { return std::make_unique<List>(); }
std::unique_ptr<Command> MakeSiteUpdateShow() { return std::make_unique<Show>(); }

}  // namespace ww::cli
