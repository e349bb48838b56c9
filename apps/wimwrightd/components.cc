#include "components.h"

#include <fmt/format.h>

#include "server_id.h"
#include "wimwright/catalog/contents.h"
#include "wimwright/distribution/token.h"
#include "wimwright/insight/insight.h"

namespace ww::server {
namespace {

Result<std::unique_ptr<Logger>> LogOf(const SiteFolder& folder, const char* name,
                                      LogFormat format = LogFormat::kServer) {
  return OpenFileLogger(folder.logs() / name, format, SystemClock());
}

// The catalogue's contents in the words of the servicing manager.
Result<std::vector<manager::UpdateFile>> FilesOfUpdate(provider::Call& call, std::uint32_t id) {
  WW_TRY(const auto contents, catalog::ContentOfUpdate(call, id), "content");
  std::vector<manager::UpdateFile> files;
  for (const auto& content : contents) {
    for (const auto& file : content.files) {
      files.push_back(
          {file.name, file.id.value_or(content::ContentId()), file.bytes, file.downloaded()});
    }
  }
  return files;
}

// Garbage collection leaves alone what updates consist of.
Status ContentsOfUpdates(provider::Call& call,
                         const std::function<void(const content::ContentId&)>& uses) {
  WW_TRY(const auto rows, call.store.FindAll("WW_ContentFile", {}), "contents of updates");
  for (const auto& row : rows) {
    if (const auto id = content::ContentId::FromText(row["StoredID"].TextOr(""))) uses(*id);
  }
  return {};
}

// What a run has proven and not yet published.
Status ContentsOfRuns(provider::Call& call,
                      const std::function<void(const content::ContentId&)>& uses) {
  WW_TRY(const auto rows, call.store.FindAll("WW_ServicingRun", {}), "runs");
  for (const auto& row : rows) {
    if (!row["Finished"].is_null()) continue;
    if (const auto id = content::ContentId::FromText(row["NewContentID"].TextOr(""))) uses(*id);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Components>> Components::Open(const SiteFolder& folder,
                                                     const SiteConfiguration& configuration,
                                                     database::Database& database,
                                                     provider::ProviderOptions& options) {
  std::unique_ptr<Components> out(new Components);
  WW_TRY(const auto server_id, ServerId(folder), "server");
  WW_TRY(out->catalog_log_, LogOf(folder, "catalog.log"), "log");
  WW_TRY(out->distribution_log_, LogOf(folder, "distmgr.log"), "log");
  WW_TRY(out->servicing_log_, LogOf(folder, "OfflineServicingMgr.log"), "log");
  WW_TRY(out->engine_log_, LogOf(folder, "dism.log", LogFormat::kText), "log");

  content::FolderOptions library;
  library.dir = configuration.content_dir;
  library.log = out->distribution_log_.get();
  WW_TRY(out->library_, content::OpenFolderLibrary(library), "content library");
  WW_TRY(out->uploads_, catalog::Uploads::Open(folder.dir / "uploads"), "uploads");

  catalog::CatalogOptions catalog;
  catalog.library = out->library_.get();
  catalog.uploads = out->uploads_.get();
  catalog.log = out->catalog_log_.get();
  options.components.push_back(
      [catalog](provider::Bindings& bindings) { catalog::BindCatalog(bindings, catalog); });

  distmgr::DistributionOptions distmgr;
  distmgr.database = &database;
  distmgr.library = out->library_.get();
  distmgr.log = out->distribution_log_.get();
  distmgr.server_id = server_id;
  distmgr.content_users = {ContentsOfUpdates, ContentsOfRuns};
  distmgr.keep_versions = configuration.keep_versions;
  WW_TRY(out->authority_, distribution::Authority::Open(folder.dir / "tls"), "authority");
  distmgr.token_prefix = distribution::FormatToken({out->authority_->fingerprint(), ""});
  WW_TRY(out->distribution_, distmgr::DistributionManager::Open(distmgr), "distribution");
  options.components.push_back(out->distribution_->Component());

  manager::ManagerOptions servicing;
  servicing.database = &database;
  servicing.library = out->library_.get();
  servicing.distribution = out->distribution_.get();
  servicing.content_of_update = FilesOfUpdate;
  servicing.log = out->servicing_log_.get();
  servicing.engine_log = out->engine_log_.get();
  servicing.server_id = server_id;
  servicing.cache_dir = configuration.cache_dir;
  servicing.trust_store = configuration.trust_store;
  servicing.workers = configuration.workers;
  servicing.lease_timeout = configuration.lease_timeout;
  WW_TRY(servicing.zone, schedule::TimeZone::Local(), "time zone");
  WW_TRY(out->servicing_, manager::OfflineServicingManager::Open(servicing), "servicing");
  options.components.push_back(out->servicing_->Component());

  insight::InsightOptions insight;
  insight.library = out->library_.get();
  insight.engine_log = out->engine_log_.get();
  insight.trust_store = configuration.trust_store;
  insight.zone = servicing.zone;
  options.components.push_back(
      [insight](provider::Bindings& bindings) { insight::BindInsight(bindings, insight); });
  return out;
}

Components::~Components() { Stop(); }

Status Components::Start(provider::SiteProvider& provider) {
  WW_TRY_STATUS(distribution_->Start(provider), "distribution manager");
  WW_TRY_STATUS(servicing_->Start(provider), "offline servicing manager");
  return {};
}

void Components::Stop() {
  if (servicing_) servicing_->Stop();
  if (distribution_) distribution_->Stop();
}

}  // namespace ww::server
