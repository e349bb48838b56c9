// wimwright site update list, show: the site's software updates.
#include <CLI/CLI.hpp>
#include <set>

#include "exit_code.h"
#include "site_command.h"

namespace ww::cli {
namespace {

const Manual kList{"site update",
                   "list",
                   "List software updates",
                   "Options narrow the list down; an update has to meet all of them.",
                   {{"site update list", "all of them"},
                    {"site update list --text cumulative --architecture amd64 --not-superseded",
                     "what a group for 64 bits is made of"},
                    {"site update list --without-content", "what only a scan catalogue told of"}}};

class List final : public SiteCommand {
 public:
  const Manual& manual() const override { return kList; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("--text", text_, "Part of the name, without regard to case")->type_name("TEXT");
    app.add_option("--kb", kb_, "Article, with or without KB")->type_name("KB");
    app.add_option("--architecture", architecture_, "Of the packages")
        ->type_name("ARCH")
        ->check(CLI::IsMember({"x86", "amd64", "arm64", "x64"}));
    auto* superseded = app.add_flag("--superseded", superseded_, "Only those that are replaced");
    app.add_flag("--not-superseded", not_superseded_, "Only those that nothing replaces")
        ->excludes(superseded);
    auto* with = app.add_flag("--with-content", with_content_, "Only those whose content is here");
    app.add_flag("--without-content", without_content_, "Only those whose content is not here")
        ->excludes(with);
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    std::string filter;
    const auto add = [&filter](const std::string& condition) {
      filter += filter.empty() ? condition : " and " + condition;
    };
    if (!text_.empty()) {
      add(fmt::format("contains(LocalizedDisplayName,{})", SiteClient::Literal(text_)));
    }
    if (!kb_.empty()) {
      const bool prefix = kb_.starts_with("KB") || kb_.starts_with("kb");
      add(fmt::format("ArticleID eq {}", SiteClient::Literal(prefix ? kb_.substr(2) : kb_)));
    }
    if (superseded_) add("IsSuperseded eq true");
    if (not_superseded_) add("IsSuperseded eq false");
    if (with_content_) add("IsContentProvisioned eq true");
    if (without_content_) add("IsContentProvisioned eq false");
    WW_TRY(auto all, site.List("SMS_SoftwareUpdate", filter, "CI_ID"), "updates");
    if (!architecture_.empty()) {
      WW_TRY(const auto chosen, OfArchitecture(site), "updates");
      Json kept = Json::array();
      for (auto& one : all) {
        if (chosen.contains(one.value("CI_ID", std::uint64_t{0}))) kept.push_back(std::move(one));
      }
      all = std::move(kept);
    }
    return ShowList(session, "updates", all,
                    {{"CI_ID", "CI_ID"},
                     {"KB", "ArticleID"},
                     {"Name", "LocalizedDisplayName"},
                     {"Downloaded", "IsContentProvisioned"},
                     {"Superseded", "IsSuperseded"}});
  }

 private:
  Result<std::set<std::uint64_t>> OfArchitecture(SiteClient& site) {
    const auto wanted = architecture_ == "x64" ? std::string("amd64") : architecture_;
    WW_TRY(const auto rows,
           site.List("WW_UpdatePackage",
                     fmt::format("Architecture eq {}", SiteClient::Literal(wanted))),
           "packages");
    std::set<std::uint64_t> out;
    for (const auto& row : rows) out.insert(row.value("CI_ID", std::uint64_t{0}));
    return out;
  }
  std::string text_, kb_, architecture_;
  bool superseded_ = false, not_superseded_ = false;
  bool with_content_ = false, without_content_ = false;
};

const Manual kShow{"site update",
                   "show",
                   "Show one software update",
                   "With its contents and their files, its packages, its categories, what it\n"
                   "replaces and what replaces it.",
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
    const auto id = found.value("CI_ID", std::uint64_t{0});
    WW_TRY(const auto answer, site.Get(fmt::format("SMS_SoftwareUpdate({})", id)), update_);
    auto update = answer.at("value").at(0);
    WW_TRY(update["contents"], Contents(site, id), "contents");
    WW_TRY(update["packages"],
           Chosen(site, "WW_UpdatePackage", fmt::format("CI_ID eq {}", id),
                  {"Identity", "Architecture", "Targets", "Kind", "Refusal"}),
           "packages");
    WW_TRY(update["supersedes"], Related(site, "FromCIID", "ToCIID", id), "supersedence");
    WW_TRY(update["superseded_by"], Related(site, "ToCIID", "FromCIID", id), "supersedence");
    if (session.options().json) return ShowObject(session, "update", update);
    Print(session, update);
    return kExitDone;
  }

 private:
  static Result<Json> Chosen(SiteClient& site, std::string_view cls, const std::string& filter,
                             const std::vector<std::string>& names) {
    WW_TRY(const auto rows, site.List(cls, filter), cls);
    Json out = Json::array();
    for (const auto& row : rows) {
      Json one = Json::object();
      for (const auto& name : names) one[name] = row.value(name, Json());
      out.push_back(std::move(one));
    }
    return out;
  }
  static Result<Json> Contents(SiteClient& site, std::uint64_t id) {
    WW_TRY(auto links,
           Chosen(site, "SMS_CIToContent", fmt::format("CI_ID eq {}", id),
                  {"ContentID", "ContentUniqueID", "ContentDownloaded"}),
           "contents");
    for (auto& link : links) {
      WW_TRY(link["files"],
             Chosen(site, "WW_ContentFile",
                    fmt::format("ContentID eq {}", link.at("ContentID").get<std::int64_t>()),
                    {"FileName", "FileSize", "SHA1", "SHA256", "StoredID"}),
             "files");
    }
    return links;
  }
  static Result<Json> Related(SiteClient& site, std::string_view mine, std::string_view other,
                              std::uint64_t id) {
    WW_TRY(const auto rows,
           site.List("SMS_CIRelation", fmt::format("{} eq {} and RelationType eq 6", mine, id)),
           "relations");
    Json out = Json::array();
    for (const auto& row : rows) {
      WW_TRY(auto found,
             Chosen(site, "SMS_SoftwareUpdate",
                    fmt::format("CI_ID eq {}", row.at(std::string(other)).get<std::uint64_t>()),
                    {"CI_ID", "ArticleID", "LocalizedDisplayName"}),
             "update");
      for (auto& one : found) out.push_back(std::move(one));
    }
    return out;
  }
  static void Print(Session& session, const Json& update) {
    for (const auto& [key, value] : update.items()) {
      if (key.starts_with("@") || key.starts_with("__") || value.is_null()) continue;
      // Many languages of the same text, and what has lines of its own below.
      if (key == "LocalizedInformation" || key == "contents" || key == "packages" ||
          key == "supersedes" || key == "superseded_by") {
        continue;
      }
      session.Print("{:<32} {}\n", key, CellText(value));
    }
    for (const auto& content : update.at("contents")) {
      session.Print("\ncontent {} {}\n", content.at("ContentID").dump(),
                    CellText(content.at("ContentUniqueID")));
      for (const auto& file : content.at("files")) {
        session.Print("  {:<50} {:>14} bytes  {}\n", CellText(file.at("FileName")),
                      CellText(file.at("FileSize")),
                      CellText(file.at("StoredID")).empty() ? "not here" : "stored");
      }
    }
    for (const auto& package : update.at("packages")) {
      session.Print("package {}\n", CellText(package.at("Identity")));
      if (const auto refusal = CellText(package.at("Refusal")); !refusal.empty()) {
        session.Print("  cannot be serviced offline: {}\n", refusal);
      }
    }
    for (const auto& [key, words] :
         {std::pair{"supersedes", "replaces"}, std::pair{"superseded_by", "replaced by"}}) {
      for (const auto& other : update.at(key)) {
        session.Print("{} {} {}\n", words, CellText(other.at("CI_ID")),
                      CellText(other.at("LocalizedDisplayName")));
      }
    }
  }
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

std::unique_ptr<Command> MakeSiteUpdateList() { return std::make_unique<List>(); }
std::unique_ptr<Command> MakeSiteUpdateShow() { return std::make_unique<Show>(); }

}  // namespace ww::cli
