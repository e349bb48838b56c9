// What an image has of the site's updates, without changing it: SMS_ImageServicingScanRequest.
#pragma once

#include "servicing_log.h"
#include "wimwright/base/progress.h"
#include "wimwright/manager/offline_servicing_manager.h"

namespace ww::manager {

// Does the oldest request that has no result; false: there was none. A failure is the request's
// result, not this call's.
Result<bool> ScanNext(provider::SiteProvider& provider, const ManagerOptions& options,
                      ServicingLog& log, const Cancellation& cancelled);

}  // namespace ww::manager
