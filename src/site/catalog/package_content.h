// Deployment packages: which contents they hold, and their files below the package source.
#pragma once

#include "wimwright/catalog/catalog.h"

namespace ww::catalog {

void BindPackageContent(provider::Bindings& bindings, const CatalogOptions& options);

}  // namespace ww::catalog
