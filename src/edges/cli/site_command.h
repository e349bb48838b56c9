// What the commands of `site` share: the connection's options, and how lists and objects are shown.
#pragma once

#include <string>
#include <vector>

#include "command.h"
#include "site_client.h"

namespace ww::cli {

class SiteCommand : public Command {
 public:
  void Define(CLI::App& app) final {
    DefineOwn(app);
    options_.Define(app);
  }
  Result<int> Run(Session& session) final {
    WW_TRY(auto client, options_.Connect(), "site");
    return RunOn(client, session);
  }

 protected:
  virtual void DefineOwn(CLI::App& app) = 0;
  virtual Result<int> RunOn(SiteClient& site, Session& session) = 0;
  const SiteOptions& options() const { return options_; }

 private:
  SiteOptions options_;
};

struct TableColumn {
  std::string title;
  std::string property;
};

// A table for a person, or {"<name>": [objects with these properties]} with --json.
int ShowList(Session& session, std::string_view name, const Json& objects,
             const std::vector<TableColumn>& columns);
// Name and value of each property, or the object itself.
int ShowObject(Session& session, std::string_view name, const Json& object);
// A WW_ServicingRun for a person: where it is, and what keeps it from its end. Ends with a newline.
std::string LineOfRun(const Json& run);
// One line that says what was done; `content` with --json.
int ShowDone(Session& session, const std::string& line, const Json& content);

// By KB number, CI_ID or name: all there are, at least one; exactly one (kConflict otherwise). And
// a group with its members.
Result<Json> FindUpdates(SiteClient& site, const std::string& text);
Result<Json> FindUpdate(SiteClient& site, const std::string& text);
Result<Json> FindGroup(SiteClient& site, const std::string& text);

// An image or upgrade package by PackageID or name, and where it stands: "SMS_ImagePackage('...')".
Result<Json> FindImage(SiteClient& site, const std::string& name);
std::string ResourceOf(const Json& package);

// A distribution point by the name of its server, and a group of them by its name.
Result<Json> FindPoint(SiteClient& site, const std::string& server);
Result<Json> FindPointGroup(SiteClient& site, const std::string& name);

// Text of a scalar; lists with commas.
std::string CellText(const Json& value);

}  // namespace ww::cli
