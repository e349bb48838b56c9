// wimwright site group create, list, show: software update groups.

#include "site_command.h"

namespace ww::cli {
namespace {

const Manual kCreate{
    "site group",
    "create",
    "Make a software update group",
    "Updates are named by KB number or CI_ID.",
    {{"site group create November --update KB4343884 KB4343885", "of two updates"}}};

class Create final : public SiteCommand {
 public:
  const Manual& manual() const override { return kCreate; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "NAME", name_, "Name of the group").Required().Value("");
    AddOption(app, "--update", updates_, "KB number or CI_ID").Required().Value("UPDATE").Several();
    AddOption(app, "--description", description_, "Free text").Value("TEXT");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    Json members = Json::array();
    for (const auto& text : updates_) {
      WW_TRY(const auto found, FindUpdates(site, text), text);
      for (const auto& update : found) members.push_back(update.at("CI_ID"));
    }
    const Json body{
        {"LocalizedInformation",
         Json::array(
             {Json{{"DisplayName", name_}, {"Description", description_}, {"LocaleID", 1033}}})},
        {"Updates", members}};
    WW_TRY(const auto made, site.Post("SMS_AuthorizationList", body), name_);
    const auto id = made.at("CI_ID").get<std::uint64_t>();
    return ShowDone(session, fmt::format("{} is {}, {} updates", name_, id, members.size()),
                    Json{{"ci_id", id}, {"updates", members.size()}});
  }

 private:
  std::string name_, description_;
  std::vector<std::string> updates_;
};

const Manual kList{
    "site group", "list", "List software update groups", "", {{"site group list", "all of them"}}};

class List final : public SiteCommand {
 public:
  const Manual& manual() const override { return kList; }

 protected:
  void DefineOwn(CLI::App&) override {}
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto all, site.List("SMS_AuthorizationList", {}, "CI_ID"), "groups");
    return ShowList(session, "groups", all,
                    {{"CI_ID", "CI_ID"},
                     {"Name", "LocalizedDisplayName"},
                     {"Updates", "NumberOfUpdates"},
                     {"Downloaded", "IsProvisioned"}});
  }
};

const Manual kShow{"site group",
                   "show",
                   "Show one software update group with its updates",
                   "",
                   {{"site group show November", "by its name"}}};

class Show final : public SiteCommand {
 public:
  const Manual& manual() const override { return kShow; }

 protected:
  void DefineOwn(CLI::App& app) override {
    AddOption(app, "GROUP", group_, "Name or CI_ID").Required().Value("");
  }
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto group, FindGroup(site, group_), group_);
    return ShowObject(session, "group", group);
  }

 private:
  std::string group_;
};

}  // namespace

Result<Json> FindGroup(SiteClient& site, const std::string& text) {
  const bool number = text.find_first_not_of("0123456789") == std::string::npos && !text.empty();
  WW_TRY(const auto found,
         site.One("SMS_AuthorizationList",
                  number ? fmt::format("CI_ID eq {}", text)
                         : fmt::format("LocalizedDisplayName eq {}", SiteClient::Literal(text))),
         "group");
  // Members come with the whole object only.
  WW_TRY(const auto answer,
         site.Get(fmt::format("SMS_AuthorizationList({})", found.at("CI_ID").get<std::uint64_t>())),
         "group");
  return answer.at("value").at(0);
}

std::unique_ptr<Command> MakeSiteGroupCreate() { return std::make_unique<Create>(); }
std::unique_ptr<Command> MakeSiteGroupList() { return std::make_unique<List>(); }
std::unique_ptr<Command> MakeSiteGroupShow() { return std::make_unique<Show>(); }

}  // namespace ww::cli
