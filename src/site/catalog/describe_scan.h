#pragma once

#include "wimwright/cab/scan.h"
#include "wimwright/catalog/description.h"

namespace ww::catalog {

// What WSUSSCAN.cab says of the update: GUID, texts, categories, files. False: nothing in it is an
// update that people install.
Result<bool> ApplyScanMetadata(const cab::ScanMetadata& scan, UpdateDescription& out);

}  // namespace ww::catalog
