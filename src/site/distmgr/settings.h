// What an administrator may set in the site control file: item SMS_DISTRIBUTION_MANAGER.
#pragma once

#include "wimwright/distmgr/distribution_manager.h"

namespace ww::distmgr {

// Property "Versions To Keep"; the options' number where nobody has set it.
Result<std::uint32_t> VersionsToKeep(provider::Call& call, const DistributionOptions& options);
// The item with its properties as they are by default, unless it is there.
Status SeedSettings(provider::Call& call, const DistributionOptions& options);

}  // namespace ww::distmgr
