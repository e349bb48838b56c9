// wimwrightd serve: runs a site until it is told to stop.
#pragma once

#include <filesystem>
#include <string>

#include "wimwright/base/result.h"

namespace ww::server {

struct ServeOptions {
  std::filesystem::path dir;
  std::string listen;       // empty: as site.toml says; port 0 takes a free one
  bool plain_http = false;  // no TLS: loopback only, for tests and behind a proxy
};

// Prints the address when it listens. SIGTERM and SIGINT stop it: requests in progress get 10 s.
Status ServeSite(const ServeOptions& options);

}  // namespace ww::server
