// A command: its manual, its options, and what it does.
#pragma once

#include <memory>
#include <vector>

#include "manual.h"
#include "options.h"
#include "session.h"
#include "wimwright/base/result.h"

namespace ww::cli {

// Lives from before the arguments are parsed until the program ends: Define() binds options to
// members, Run() reads them.
class Command {
 public:
  virtual ~Command() = default;
  virtual const Manual& manual() const = 0;
  // Adds the options of this command; the common ones (--json ...) are there already.
  virtual void Define(CLI::App& app) = 0;
  // Whether something may be different afterwards. Its exit code is then the job's, also when the
  // result cannot be printed: 2 to 9 would promise that nothing was changed.
  virtual bool ChangesFiles() const { return false; }
  // The exit code. An error is reported by the caller, as text and, with --json, as the object.
  virtual Result<int> Run(Session& session) = 0;
};

// Every command, in the order of the manual. One factory per cmd_*.cc.
std::vector<std::unique_ptr<Command>> AllCommands();
const std::vector<NounManual>& AllNouns();

std::unique_ptr<Command> MakeImageInfo();
std::unique_ptr<Command> MakeImagePackages();
std::unique_ptr<Command> MakeImageVerify();
std::unique_ptr<Command> MakeImageDiff();
std::unique_ptr<Command> MakeImageRollback();
std::unique_ptr<Command> MakeImageCompact();
std::unique_ptr<Command> MakeUpdateShow();
std::unique_ptr<Command> MakePlan();
std::unique_ptr<Command> MakeApply();
std::unique_ptr<Command> MakeCacheShow();
std::unique_ptr<Command> MakeCachePrune();
std::unique_ptr<Command> MakeDeltaInfo();
std::unique_ptr<Command> MakeDeltaApply();
std::unique_ptr<Command> MakeManifestShow();
std::unique_ptr<Command> MakeLabCreate();
std::unique_ptr<Command> MakeLabCatalog();
std::unique_ptr<Command> MakeSiteInit();
std::unique_ptr<Command> MakeSiteServe();
std::unique_ptr<Command> MakeSiteLogin();
std::unique_ptr<Command> MakeSiteImageAdd();
std::unique_ptr<Command> MakeSiteImageList();
std::unique_ptr<Command> MakeSiteImageShow();
std::unique_ptr<Command> MakeSiteImageReload();
std::unique_ptr<Command> MakeSiteImageVersions();
std::unique_ptr<Command> MakeSiteImageRollback();
std::unique_ptr<Command> MakeSiteUpdateImport();
std::unique_ptr<Command> MakeSiteUpdateList();
std::unique_ptr<Command> MakeSiteUpdateShow();
std::unique_ptr<Command> MakeSiteUpdateApplicable();
std::unique_ptr<Command> MakeSiteGroupCreate();
std::unique_ptr<Command> MakeSiteGroupList();
std::unique_ptr<Command> MakeSiteGroupShow();
std::unique_ptr<Command> MakeSiteDpAdd();
std::unique_ptr<Command> MakeSiteDpList();
std::unique_ptr<Command> MakeSiteDpRevoke();
std::unique_ptr<Command> MakeSiteDpAccess();
std::unique_ptr<Command> MakeSiteDpDistribute();
std::unique_ptr<Command> MakeSiteDpRemove();
std::unique_ptr<Command> MakeSiteDpVerify();
std::unique_ptr<Command> MakeSiteDpStatus();
std::unique_ptr<Command> MakeSiteDpGroup();
std::unique_ptr<Command> MakeSiteDpRollout();
std::unique_ptr<Command> MakeSiteScheduleCreate();
std::unique_ptr<Command> MakeSiteScheduleList();
std::unique_ptr<Command> MakeSiteScheduleShow();
std::unique_ptr<Command> MakeSiteScheduleCancel();
std::unique_ptr<Command> MakeSiteStatus();
std::unique_ptr<Command> MakeSiteQuery();
std::unique_ptr<Command> MakeSiteGet();
std::unique_ptr<Command> MakeSiteCall();
std::unique_ptr<Command> MakeCompletion();
std::unique_ptr<Command> MakeMan();

}  // namespace ww::cli
