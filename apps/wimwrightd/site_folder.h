// The folder of a site: what is where, and site.toml.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "settings.h"
#include "wimwright/accounts/sessions.h"
#include "wimwright/base/result.h"
#include "wimwright/provider/site_settings.h"

namespace ww::server {

// DIR/site.toml        settings, for people to read and change while the server is stopped
//     site.db          the database, unless site.toml names another
//     tls/cert.pem     certificate (with its chain), tls/key.pem its key; replaceable
//     logs/            SMSProv.log, adminservice.log, http.log, distmgr.log, catalog.log,
//                      OfflineServicingMgr.log, dism.log (the engine's)
//     content/         the content library, unless site.toml names another
//     uploads/         files that clients are sending
//     server.id        what this server is called among several of the site
struct SiteFolder {
  std::filesystem::path dir;
  // Empty: where they are by default. Filled in by ReadConfiguration.
  std::filesystem::path certificate_elsewhere = {}, key_elsewhere = {}, logs_elsewhere = {};
  std::filesystem::path settings() const { return dir / "site.toml"; }
  std::filesystem::path certificate() const {
    return certificate_elsewhere.empty() ? dir / "tls" / "cert.pem" : certificate_elsewhere;
  }
  std::filesystem::path key() const {
    return key_elsewhere.empty() ? dir / "tls" / "key.pem" : key_elsewhere;
  }
  std::filesystem::path logs() const {
    return logs_elsewhere.empty() ? dir / "logs" : logs_elsewhere;
  }
};

struct SiteConfiguration {
  provider::SiteSettings site;
  std::string database;  // "sqlite:..." or "postgresql://..."
  std::string listen = "0.0.0.0:8443";
  std::string keytab;                // Kerberos; empty: none
  std::string domain;                // of local accounts: DOMAIN\name
  accounts::SessionLimits sessions;  // of the console
  SiteFolder folder;

  std::filesystem::path content_dir;  // the content library; servers of one site share it
  std::uint32_t keep_versions = 3;    // of each package
  std::string distribution_listen;    // for distribution points; empty: none
  unsigned workers = 1;               // images that are serviced at a time
  std::filesystem::path cache_dir;    // payload cache of servicing; empty: none
  std::filesystem::path trust_store;  // for signatures of updates; empty: digests only
  std::chrono::milliseconds lease_timeout{30'000};  // see manager::ManagerOptions
};

// Settings::Read and its codes, and kUsage for a site code that is none.
Result<SiteConfiguration> ReadConfiguration(const SiteFolder& folder, const Overrides& overrides);
// Makes site.toml; kConflict when there is one.
Status WriteConfiguration(const SiteFolder& folder, const SiteConfiguration& configuration);

}  // namespace ww::server
