// Files into the library and the database.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "import_record.h"
#include "wimwright/catalog/catalog.h"
#include "wimwright/provider/site_provider.h"

namespace ww::catalog {

struct ImportedFile {
  std::string path;      // as the caller knows it
  std::string decision;  // of WW_ImportedFile
  std::uint32_t ci_id = 0;
  std::string article, title, reason;
};

// One import call. Nothing of a file is in the database before all of it is in the library, and
// what is written there is one transaction.
class Importer {
 public:
  Importer(const CatalogOptions& options, provider::SiteProvider& provider,
           const cim::Context& context)
      : options_(options), provider_(provider), context_(context) {}

  Status CheckRights();
  // A single file; `name` is what people call it.
  Result<ImportedFile> ImportFile(const std::filesystem::path& path, const std::string& name,
                                  std::uint32_t into);
  // A file, or a folder with everything that is recognised in it.
  Result<std::vector<ImportedFile>> ImportPath(const std::filesystem::path& path,
                                               std::uint32_t into);

 private:
  Status StorePayload(const UpdateDescription& update, const std::filesystem::path& path,
                      const std::vector<WantedFile>& wanted);

  const CatalogOptions& options_;
  provider::SiteProvider& provider_;
  const cim::Context& context_;
};

}  // namespace ww::catalog
