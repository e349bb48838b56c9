// The folder of a site: what is where, and site.toml.
#pragma once

#include <filesystem>
#include <string>

#include "wimwright/base/result.h"
#include "wimwright/provider/site_settings.h"

namespace ww::server {

// DIR/site.toml        settings, for people to read and change while the server is stopped
//     site.db          the database, unless site.toml names another
//     tls/cert.pem     certificate (with its chain), tls/key.pem its key; replaceable
//     logs/            SMSProv.log, adminservice.log, http.log
//     content/         the content library
//     uploads/         files that clients are sending
struct SiteFolder {
  std::filesystem::path dir;
  std::filesystem::path settings() const { return dir / "site.toml"; }
  std::filesystem::path certificate() const { return dir / "tls" / "cert.pem"; }
  std::filesystem::path key() const { return dir / "tls" / "key.pem"; }
  std::filesystem::path logs() const { return dir / "logs"; }
  std::filesystem::path content() const { return dir / "content"; }
  std::filesystem::path uploads() const { return dir / "uploads"; }
};

struct SiteConfiguration {
  provider::SiteSettings site;
  std::string database;  // "sqlite:..." or "postgresql://..."
  std::string listen = "0.0.0.0:8443";
  std::string keytab;  // Kerberos; empty: none
  std::string domain;  // of local accounts: DOMAIN\name
};

// kNotFound, kCorrupt (with the line), kUsage for values that cannot be.
Result<SiteConfiguration> ReadConfiguration(const SiteFolder& folder);
// Makes site.toml; kConflict when there is one.
Status WriteConfiguration(const SiteFolder& folder, const SiteConfiguration& configuration);

}  // namespace ww::server
