// wimwrightd init: makes a site.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "wimwright/base/result.h"

namespace ww::server {

struct InitOptions {
  std::filesystem::path dir;
  std::string site_code;
  std::string site_name;  // empty: "wimwright CODE"
  std::string database;   // empty: SQLite in the folder
  std::string admin = "admin";
  std::optional<std::filesystem::path> admin_password_file;
  std::string server_name;  // empty: this machine's host name
  std::string listen = "0.0.0.0:8443";
  std::filesystem::path logs;     // empty: in the site's folder
  std::filesystem::path content;  // empty: in the site's folder
  // Another server of the site that is in `database`: no administrator is made, and what the site
  // is called comes from there.
  bool join = false;
};

struct InitReport {
  std::string admin;               // as to be typed when signing in
  std::string generated_password;  // empty: it was given
  std::filesystem::path certificate;
  std::string fingerprint;  // SHA-256 of the certificate
};

// kNotFound: nothing to join. Database, certificate, first administrator, content library. On
// failure the folder is as it was.
Result<InitReport> InitSite(const InitOptions& options);

}  // namespace ww::server
