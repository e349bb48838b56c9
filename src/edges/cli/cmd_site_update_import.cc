// wimwright site update import: update files with their content, or a scan catalogue.
#include <CLI/CLI.hpp>
#include <set>

#include "exit_code.h"
#include "site_command.h"
#include "upload_client.h"
#include "wimwright/cab/container.h"
#include "wimwright/cab/search.h"

namespace ww::cli {
namespace {

constexpr std::chrono::hours kLongCall{6};

const Manual kImport{
    "site update",
    "import",
    "Take update files in, with their content",
    "Sends each file to the site, which reads identity, KB, architecture, products and what it\n"
    "replaces from the file itself and keeps its bytes for servicing. What the site has is not\n"
    "sent again; an interrupted import goes on where it ended when it is repeated.\n\n"
    "A folder is searched; files in it that are no updates are listed with the reason. With\n"
    "--on-server the paths are the server's own and nothing is sent.\n\n"
    "The offline scan catalogue (wsusscn2.cab) tells the site which updates there are, without\n"
    "content; updates that are no longer in it expire. It is known by what is in it; a path of "
    "the\n"
    "server needs --scan-catalog.",
    {{"site update import windows10.0-kb4343884-x86.msu", "one"},
     {"site update import updates/", "all of a folder"},
     {"site update import --on-server /srv/updates", "a folder of the server"},
     {"site update import --into KB4343884 ndp48-kb4343884.cab", "one more file of an update"},
     {"site update import wsusscn2.cab", "titles and supersedence of everything"}}};

struct Tally {
  Json updates = Json::array();
  Json ignored = Json::array();
  bool failed = false;
};

class Import final : public SiteCommand {
 public:
  const Manual& manual() const override { return kImport; }

 protected:
  void DefineOwn(CLI::App& app) override {
    app.add_option("PATH", paths_, "Update file (.msu, .cab) or folder of updates")
        ->required()
        ->type_name("")
        ->expected(1, -1);
    app.add_flag("--on-server", on_server_, "The paths are the server's own");
    auto* into =
        app.add_option("--into", into_, "The update that the files belong to")->type_name("UPDATE");
    app.add_flag("--scan-catalog", scan_catalog_, "PATH is an offline scan catalogue")
        ->excludes(into);
  }

  Result<int> RunOn(SiteClient& site, Session& session) override {
    site.WaitFor(kLongCall);
    if (scan_catalog_ || IsCatalog(session)) return ImportCatalog(site, session);
    std::uint64_t into = 0;
    if (!into_.empty()) {
      WW_TRY(const auto update, FindUpdate(site, into_), "--into");
      into = update.value("CI_ID", into);
    }
    Tally tally;
    for (const auto& path : paths_) {
      if (on_server_) {
        WW_RETURN_IF_ERROR(Call(site, {{"Path", path}}, into, tally));
        continue;
      }
      WW_TRY(const auto found, cab::FindUpdates(session.fs(), path), path);
      const bool folder = std::filesystem::is_directory(path);
      for (const auto& update : found.updates) {
        auto done = ImportFile(site, session, update, into, tally);
        if (done) continue;
        // One bad file does not keep the others of a folder out.
        const auto code = done.error().code;
        const bool general = code == Code::kIo || code == Code::kCancelled ||
                             code == Code::kNoSpace || code == Code::kBusy;
        if (!folder || general) return Fail(done.error());
        tally.failed = true;
        tally.ignored.push_back({{"path", update.path.string()},
                                 {"decision", "failed"},
                                 {"reason", done.error().message}});
      }
      for (const auto& ignored : found.ignored) {
        tally.ignored.push_back(
            {{"path", ignored.path.string()}, {"decision", "ignored"}, {"reason", ignored.reason}});
      }
    }
    if (tally.updates.empty() && !tally.failed) {
      return Fail(Error{Code::kNotFound, "no update was found", "Name a .msu or .cab file.", 0});
    }
    return Show(session, tally);
  }

 private:
  static Status ImportFile(SiteClient& site, Session& session, const cab::FoundUpdate& update,
                           std::uint64_t into, Tally& tally) {
    if (update.kind == cab::ContainerKind::kFolder) {
      return Fail(Error{Code::kUnsupported, "an expanded package: content is kept as files",
                        "Import the .cab or .msu that it was expanded from.", 0});
    }
    WW_TRY(const auto file, HashLocalFile(session, update.path), update.path.string());
    if (into == 0) {
      WW_TRY(const bool there, IsThere(site, file, tally), update.path.string());
      if (there) return {};
    }
    WW_TRY(const auto id, Upload(site, session, file), update.path.string());
    return Call(site, {{"UploadID", id}}, into, tally);
  }

  // The site has these bytes: they need not be sent to be told so.
  static Result<bool> IsThere(SiteClient& site, const LocalFile& file, Tally& tally) {
    WW_TRY(const auto stored,
           site.List("WW_ContentFile",
                     fmt::format("StoredID eq {}", SiteClient::Literal(file.sha256))),
           "content");
    for (const auto& one : stored) {
      WW_TRY(const auto links,
             site.List("SMS_CIToContent",
                       fmt::format("ContentID eq {}", one.at("ContentID").get<std::uint64_t>())),
             "content");
      for (const auto& link : links) {
        WW_RETURN_IF_ERROR(
            Add(site, link.value("CI_ID", std::uint64_t{0}), "already_present", "", tally));
        return true;
      }
    }
    return false;
  }

  static Status Call(SiteClient& site, Json body, std::uint64_t into, Tally& tally) {
    if (into != 0) body["CI_ID"] = into;
    WW_TRY(const auto answer, site.Post("WW_UpdateCatalog.ImportContent", body), "import");
    for (const auto& file : answer.value("Files", Json::array())) {
      const auto decision = file.value("Decision", "");
      const auto reason = CellText(file.value("Reason", Json()));
      const auto id = file.value("CI_ID", std::uint64_t{0});
      if (id != 0) {
        WW_RETURN_IF_ERROR(Add(site, id, decision, reason, tally));
        continue;
      }
      tally.failed = tally.failed || decision == "failed";
      tally.ignored.push_back(
          {{"path", file.value("Path", "")}, {"decision", decision}, {"reason", reason}});
    }
    return {};
  }

  static Status Add(SiteClient& site, std::uint64_t id, const std::string& decision,
                    const std::string& reason, Tally& tally) {
    WW_TRY(auto shown, site.One("SMS_SoftwareUpdate", fmt::format("CI_ID eq {}", id)), "update");
    shown["decision"] = decision;
    shown["reason"] = reason;
    tally.updates.push_back(std::move(shown));
    return {};
  }

  static int Show(Session& session, const Tally& tally) {
    const int code = tally.failed ? kExitPartial : kExitDone;
    const std::vector<TableColumn> columns{{"CI_ID", "CI_ID"},
                                           {"KB", "ArticleID"},
                                           {"Name", "LocalizedDisplayName"},
                                           {"Decision", "decision"},
                                           {"Reason", "reason"}};
    if (session.options().json) {
      Json updates = Json::array();
      for (const auto& update : tally.updates) {
        Json row = Json::object();
        for (const auto& column : columns)
          row[column.property] = update.value(column.property, Json());
        updates.push_back(std::move(row));
      }
      session.PrintJson(tally.failed ? "partial" : "succeeded", code,
                        Json{{"updates", std::move(updates)}, {"ignored", tally.ignored}});
      return code;
    }
    static_cast<void>(ShowList(session, "updates", tally.updates, columns));
    for (const auto& one : tally.ignored) {
      session.Note("{}: {}: {}", one.value("path", ""), one.value("decision", ""),
                   one.value("reason", ""));
    }
    return code;
  }

  // A single file that is named; whatever cannot be read is reported where it is imported.
  bool IsCatalog(Session& session) const {
    if (paths_.size() != 1 || on_server_ || !into_.empty()) return false;
    const auto kind = cab::Identify(session.fs(), paths_.front());
    return kind && *kind == cab::ContainerKind::kScanCab;
  }

  Result<int> ImportCatalog(SiteClient& site, Session& session) {
    if (paths_.size() != 1) return Fail(Code::kUsage, "one scan catalogue at a time");
    Json body{{"Path", paths_.front()}};
    if (!on_server_) {
      WW_TRY(const auto file, HashLocalFile(session, paths_.front()), paths_.front());
      WW_TRY(const auto id, Upload(site, session, file), paths_.front());
      body = Json{{"UploadID", id}};
    }
    WW_TRY(const auto answer, site.Post("WW_UpdateCatalog.ImportScanCatalog", body), "import");
    Json content = Json::object();
    for (const auto& [from, to] :
         {std::pair{"Updates", "updates"}, std::pair{"Created", "created"},
          std::pair{"Files", "files"}, std::pair{"Categories", "categories"},
          std::pair{"Relations", "relations"}, std::pair{"Expired", "expired"},
          std::pair{"CatalogDate", "catalog_date"}}) {
      content[to] = answer.value(from, Json());
    }
    return ShowDone(session,
                    fmt::format("{} updates of the catalogue of {}, {} of them new; {} expired",
                                CellText(content["updates"]), CellText(content["catalog_date"]),
                                CellText(content["created"]), CellText(content["expired"])),
                    content);
  }

  std::vector<std::string> paths_;
  std::string into_;
  bool on_server_ = false, scan_catalog_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeSiteUpdateImport() { return std::make_unique<Import>(); }

}  // namespace ww::cli
