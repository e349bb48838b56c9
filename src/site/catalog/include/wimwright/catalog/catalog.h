// The update catalogue as a component of the site: binds its methods to the provider.
#pragma once

#include <memory>

#include "wimwright/base/file.h"
#include "wimwright/base/log.h"
#include "wimwright/catalog/uploads.h"
#include "wimwright/content/library.h"
#include "wimwright/provider/binding.h"

namespace ww::catalog {

// All outlive the catalogue.
struct CatalogOptions {
  content::Library* library = nullptr;
  FileSystem* files = &RealFileSystem();
  Uploads* uploads = nullptr;  // null: imports by path only
  Logger* log = &NullLogger();
};

// Who may add software updates may import: Create on every one of them.
bool MayImport(const provider::Call& call);
// kUsage for who may not.
Status CheckMayImport(provider::SiteProvider& provider, const cim::Context& context);

// For ProviderOptions::components. Methods that it gives code to: WW_UpdateCatalog.ImportContent,
// ImportScanCatalog and ApplicableUpdates; SMS_SoftwareUpdatesPackage.AddUpdateContent,
// RemoveContent, ValidateNewPackageSource and RebuildPackage; SMS_SoftwareUpdate.GetEULA and
// SyncNow; SMS_PackageToContent.IsContentValid. Rows of an update's content go with the update.
void BindCatalog(provider::Bindings& bindings, const CatalogOptions& options);

}  // namespace ww::catalog
