// Features on demand in a newer version: still found by the names of their capabilities.
#pragma once

#include "registry_writer.h"
#include "selection.h"

namespace ww::cbs {

// Where the package that `package` replaces is listed under a capability, the new one is listed in
// the same way. The form of the CapabilityIndex is not described anywhere: it is copied
// (windows-servicing.md 9.2). kUnsupported for an installed package whose older version is listed
// nowhere: there is nothing to copy. Packages that declare no capability cost nothing.
Status FollowCapabilities(const SelectedPackage& package, ImageState& image,
                          RegistryWriter& registry);

}  // namespace ww::cbs
