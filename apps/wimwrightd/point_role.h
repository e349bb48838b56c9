// The role of a distribution point: a folder of its own, enrolled at a site.
#pragma once

#include <filesystem>
#include <string>

#include "wimwright/base/result.h"

namespace ww::server {

// DIR/point.toml   settings, with role = "distribution-point"
//     tls/         certificates; tls/cert.pem, tls/key.pem are what clients see
//     content/     the content library
//     logs/        smsdpprov.log (what comes and goes), http.log
//     access-tokens  SHA-256 of the tokens that clients of this point may use, one a line
bool IsPointFolder(const std::filesystem::path& dir);

struct InitPointOptions {
  std::filesystem::path dir;
  std::string site_url;
  std::string token;
  std::string listen;   // written to point.toml; empty: 0.0.0.0:8445
  std::string address;  // where clients reach it; empty: made from the host's name
};
// Makes the folder and enrolls; of a point that exists: enrolls it again. Answers what the site
// calls it.
Result<std::string> InitPoint(const InitPointOptions& options);

struct ServePointOptions {
  std::filesystem::path dir;
  std::string listen;       // empty: as point.toml says; port 0 takes a free one
  bool plain_http = false;  // for clients; loopback only
};
// Prints the address of its content when it listens. SIGTERM and SIGINT stop it.
Status ServePoint(const ServePointOptions& options);

// A new token for clients of this point; counts from its next start.
Result<std::string> MakeAccessToken(const std::filesystem::path& dir);

}  // namespace ww::server
