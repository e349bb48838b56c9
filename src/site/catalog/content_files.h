// Files of contents from a folder into the library, and from the library into a package's source.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wimwright/catalog/catalog.h"
#include "wimwright/provider/site_provider.h"

namespace ww::catalog {

// A content as the database describes it.
struct KnownFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha1, sha256, stored;  // hexadecimal; empty: not known
};
struct KnownContent {
  std::uint32_t id = 0;
  std::string unique_id;
  std::vector<std::uint32_t> updates;
  std::vector<KnownFile> files;
};
// kObjectMissing for a content that the site does not have.
Result<KnownContent> FindContent(provider::Call& call, std::uint32_t content_id);

// The folder that a client named, when this server can look into it.
Result<std::filesystem::path> LocalFolder(std::string_view path);
// Where a file of a content lies below `folder`: beside the others, or in the content's own
// subfolder. Nothing: it is not there. kUsage for a name that would leave the folder.
Result<std::optional<std::filesystem::path>> FindFile(const std::filesystem::path& folder,
                                                      const KnownContent& content,
                                                      const KnownFile& file);

class ContentTaker {
 public:
  ContentTaker(const CatalogOptions& options, provider::SiteProvider& provider,
               const cim::Context& context);
  // Every file that the library does not have is taken from `folder`, compared with the digest that
  // is known, and recorded. kNotFound with the names of what is missing.
  Status Take(KnownContent& content, const std::filesystem::path& folder);
  // Files of the library below `source`/<ContentUniqueID>, each at once or not at all.
  Status WriteTo(const KnownContent& content, const std::filesystem::path& source);
  // Whether `folder` holds all files, byte for byte as far as digests are known.
  Status Check(const KnownContent& content, const std::filesystem::path& folder);

 private:
  Result<content::StoredFile> TakeFile(const KnownContent& content, const KnownFile& file,
                                       const std::filesystem::path& path);
  const CatalogOptions& options_;
  provider::SiteProvider& provider_;
  cim::Context context_;  // the system's, with the caller's cancellation
};

}  // namespace ww::catalog
