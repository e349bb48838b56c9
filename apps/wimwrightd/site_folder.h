// The folder of a site: what is where, and site.toml.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

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
  std::filesystem::path settings() const { return dir / "site.toml"; }
  std::filesystem::path certificate() const { return dir / "tls" / "cert.pem"; }
  std::filesystem::path key() const { return dir / "tls" / "key.pem"; }
  std::filesystem::path logs() const { return dir / "logs"; }
};

struct SiteConfiguration {
  provider::SiteSettings site;
  std::string database;  // "sqlite:..." or "postgresql://..."
  std::string listen = "0.0.0.0:8443";
  std::string keytab;  // Kerberos; empty: none
  std::string domain;  // of local accounts: DOMAIN\name

  std::filesystem::path content_dir;  // the content library; servers of one site share it
  std::uint32_t keep_versions = 3;    // of each package
  unsigned workers = 1;               // images that are serviced at a time
  std::filesystem::path cache_dir;    // payload cache of servicing; empty: none
  std::filesystem::path trust_store;  // for signatures of updates; empty: digests only
  std::chrono::milliseconds lease_timeout{30'000};  // see manager::ManagerOptions
};

// kNotFound, kCorrupt (with the line), kUsage for values that cannot be.
Result<SiteConfiguration> ReadConfiguration(const SiteFolder& folder);
// Makes site.toml; kConflict when there is one.
Status WriteConfiguration(const SiteFolder& folder, const SiteConfiguration& configuration);

}  // namespace ww::server
