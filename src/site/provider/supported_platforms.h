// The systems that the engine services offline (SMS_SupportedPlatformsOfflineServicing).
#pragma once

#include "call.h"

namespace ww::provider {

Status SeedSupportedPlatforms(Call& call);

}  // namespace ww::provider
