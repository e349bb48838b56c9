#include "command.h"

namespace ww::cli {

std::vector<std::unique_ptr<Command>> AllCommands() {
  std::vector<std::unique_ptr<Command>> commands;
  for (auto* make : {&MakeImageInfo,
                     &MakeImagePackages,
                     &MakeImageVerify,
                     &MakeImageDiff,
                     &MakeImageRollback,
                     &MakeImageCompact,
                     &MakeUpdateShow,
                     &MakePlan,
                     &MakeApply,
                     &MakeCacheShow,
                     &MakeCachePrune,
                     &MakeDeltaInfo,
                     &MakeDeltaApply,
                     &MakeManifestShow,
                     &MakeLabCreate,
                     &MakeLabCatalog,
                     &MakeSiteInit,
                     &MakeSiteServe,
                     &MakeSiteLogin,
                     &MakeSiteImageAdd,
                     &MakeSiteImageList,
                     &MakeSiteImageShow,
                     &MakeSiteImageReload,
                     &MakeSiteImageVersions,
                     &MakeSiteImageRollback,
                     &MakeSiteUpdateImport,
                     &MakeSiteUpdateList,
                     &MakeSiteUpdateShow,
                     &MakeSiteUpdateApplicable,
                     &MakeSiteGroupCreate,
                     &MakeSiteGroupList,
                     &MakeSiteGroupShow,
                     &MakeSiteDpAdd,
                     &MakeSiteDpList,
                     &MakeSiteDpRevoke,
                     &MakeSiteDpAccess,
                     &MakeSiteDpDistribute,
                     &MakeSiteDpRemove,
                     &MakeSiteDpVerify,
                     &MakeSiteDpStatus,
                     &MakeSiteDpGroup,
                     &MakeSiteDpRollout,
                     &MakeSiteScheduleCreate,
                     &MakeSiteScheduleList,
                     &MakeSiteScheduleShow,
                     &MakeSiteScheduleCancel,
                     &MakeSiteStatus,
                     &MakeSiteQuery,
                     &MakeSiteGet,
                     &MakeSiteCall,
                     &MakeCompletion,
                     &MakeMan}) {
    commands.push_back(make());
  }
  return commands;
}

const std::vector<NounManual>& AllNouns() {
  static const std::vector<NounManual> nouns{
      {"image", "Look at Windows images in a WIM file, and at the file itself"},
      {"update", "Look at Windows updates"},
      {"cache", "Payload that earlier jobs have compressed"},
      {"delta", "Decode binary deltas by hand"},
      {"manifest", "Decode component manifests by hand"},
      {"lab", "Sample images and updates"},
      {"site", "The site server, and work on it over its API"},
      {"site image", "Images and upgrade packages of the site"},
      {"site update", "Software updates of the site"},
      {"site group", "Software update groups"},
      {"site dp", "Distribution points"},
      {"site schedule", "Servicing schedules"},
  };
  return nouns;
}

}  // namespace ww::cli
