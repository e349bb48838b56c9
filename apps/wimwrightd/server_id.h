// What a server is called among several on one database.
#pragma once

#include <string>

#include "site_folder.h"

namespace ww::server {

// "SRV1-8b1f03ac": the host's name and a random part that DIR/server.id keeps; the same after a
// restart, another one for a copy that was made with `site init`.
Result<std::string> ServerId(const SiteFolder& folder);

}  // namespace ww::server
