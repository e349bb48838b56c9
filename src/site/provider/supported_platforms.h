// The systems that the engine services offline (SMS_SupportedPlatformsOfflineServicing).
#pragma once

#include "wimwright/provider/call.h"

namespace ww::provider {

Status SeedSupportedPlatforms(Call& call);

}  // namespace ww::provider
