// Which updates fit an image, asked of the engine's planner.
#pragma once

#include "wimwright/catalog/catalog.h"

namespace ww::catalog {

void BindApplicable(provider::Bindings& bindings, const CatalogOptions& options);

}  // namespace ww::catalog
