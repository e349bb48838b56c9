// What /metrics says of the site's components.
#pragma once

#include "wimwright/http/metrics.h"
#include "wimwright/manager/offline_servicing_manager.h"

namespace ww::server {

// ww_servicing_...: read from the manager whenever somebody asks. `manager` outlives `metrics`.
void AddServicingMetrics(http::Metrics& metrics, const manager::OfflineServicingManager& manager);

}  // namespace ww::server
