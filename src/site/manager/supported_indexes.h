// Which indexes of an image may be serviced: SMS_SupportedPlatformsOfflineServicing.
#pragma once

#include <vector>

#include "wimwright/provider/call.h"
#include "wimwright/provider/image_properties.h"

namespace ww::manager {

// Their numbers. A platform is a version and build ("10.0.14393") with a product type; an index
// that does not say its product type is taken by version alone.
Result<std::vector<int>> SupportedIndexes(provider::Call& call,
                                          const std::vector<provider::IndexProperties>& indexes);

}  // namespace ww::manager
