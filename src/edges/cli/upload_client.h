// Sends files to the site in pieces and goes on where an earlier attempt ended.
#pragma once

#include <filesystem>
#include <string>

#include "session.h"
#include "site_client.h"

namespace ww::cli {

struct LocalFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string sha256;  // hexadecimal
};
// Reads all of it.
Result<LocalFile> HashLocalFile(Session& session, const std::filesystem::path& path);

// Answers the upload's id. A connection that breaks is tried again; an upload of the same file that
// the site still has is continued.
Result<std::string> Upload(SiteClient& site, Session& session, const LocalFile& file);

}  // namespace ww::cli
