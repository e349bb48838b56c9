#pragma once

#include "wimwright/catalog/description.h"

namespace ww::catalog {

// Reads mums, catalogues and manifests. Where only the engine cannot read the package, the answer
// comes from update.mum alone and `refusal` says why.
Result<PackageDescription> DescribePackage(cab::UpdatePackage& package,
                                           std::optional<Error>& refusal);

}  // namespace ww::catalog
