// A site with everything that servicing needs: content library, distribution manager, offline
// servicing manager, and the images and updates of the lab.
#pragma once

#include <map>

#include "site_fixture.h"
#include "wimwright/lab/lab.h"
#include "wimwright/manager/offline_servicing_manager.h"

namespace ww::manager {

// Made at the first call for all tests of the process.
const lab::LabReport& LabCases();
std::filesystem::path LabImage(std::string_view name);
std::filesystem::path LabUpdate(std::string_view name);

class ManagedSite : public provider::SiteTest {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Opens everything anew, as a server that starts does.
  void Restart();
  void Shut();

  // An image package whose source is a copy of the lab's image: its PackageID.
  std::string AddImage(std::string_view lab_image);
  std::filesystem::path SourceOf(const std::string& package) {
    return sources_ / (package + ".wim");
  }
  // A software update with this file as its content: its CI_ID.
  std::uint32_t AddContent(std::string_view lab_update);
  std::uint32_t AddUpdateRow(const std::string& name);  // without content
  // The classic script's steps; Action 1. The ScheduleID.
  std::int32_t Schedule(const std::vector<std::string>& images,
                        const std::vector<std::uint32_t>& updates, const Values& more = {});
  void RunOfflineServicingManager(const std::string& image);

  // Evaluates and carries out whatever is due.
  void RunAll();

  cim::Instance ScheduleRow(std::int32_t id) {
    return Get("SMS_ImageServicingSchedule.ScheduleID=" + std::to_string(id));
  }
  cim::Instance Package(const std::string& id) {
    return Get("SMS_ImagePackage.PackageID=\"" + id + "\"");
  }
  std::vector<cim::Instance> Runs() { return Query("SELECT * FROM WW_ServicingRun"); }
  std::vector<std::uint64_t> Messages();
  std::string Log() const;

  ManagerOptions options_;
  std::filesystem::path sources_;
  std::map<std::uint32_t, std::vector<UpdateFile>> contents_;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<content::Library> library_;
  std::unique_ptr<distmgr::DistributionManager> distribution_;
  std::unique_ptr<OfflineServicingManager> manager_;
};

}  // namespace ww::manager
