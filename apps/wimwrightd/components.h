// The components of a site: content library, update catalogue, distribution manager, offline
// servicing manager; opened in their order, wired to each other and to the provider.
#pragma once

#include <memory>

#include "site_folder.h"
#include "wimwright/base/log.h"
#include "wimwright/catalog/catalog.h"
#include "wimwright/content/library.h"
#include "wimwright/distmgr/distribution_manager.h"
#include "wimwright/distribution/authority.h"
#include "wimwright/manager/offline_servicing_manager.h"
#include "wimwright/provider/site_provider.h"

namespace ww::server {

class Components {
 public:
  // Before the provider is opened: `options.components` gets their bindings. `database` outlives
  // the components.
  static Result<std::unique_ptr<Components>> Open(const SiteFolder& folder,
                                                  const SiteConfiguration& configuration,
                                                  database::Database& database,
                                                  provider::ProviderOptions& options);
  ~Components();  // Stop()

  // `provider` outlives the components.
  Status Start(provider::SiteProvider& provider);
  void Stop();

  // Of the distribution points' certificates.
  distribution::Authority& authority() { return *authority_; }
  content::Library& library() { return *library_; }
  catalog::Uploads& uploads() { return *uploads_; }
  distmgr::DistributionManager& distribution() { return *distribution_; }
  manager::OfflineServicingManager& servicing() { return *servicing_; }

 private:
  Components() = default;
  std::unique_ptr<Logger> catalog_log_, distribution_log_, servicing_log_, engine_log_;
  std::unique_ptr<distribution::Authority> authority_;
  std::unique_ptr<content::Library> library_;
  std::unique_ptr<catalog::Uploads> uploads_;
  std::unique_ptr<distmgr::DistributionManager> distribution_;
  std::unique_ptr<manager::OfflineServicingManager> servicing_;
};

}  // namespace ww::server
