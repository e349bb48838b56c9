// A scan catalogue into the site's database.
#pragma once

#include "wimwright/catalog/catalog.h"

namespace ww::catalog {

void BindScanImport(provider::Bindings& bindings, const CatalogOptions& options);

}  // namespace ww::catalog
