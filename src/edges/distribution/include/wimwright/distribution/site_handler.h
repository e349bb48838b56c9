// The site's routes for its distribution points, for a listener of their own with mutual TLS.
#pragma once

#include <memory>

#include "wimwright/base/log.h"
#include "wimwright/content/library.h"
#include "wimwright/distribution/authority.h"
#include "wimwright/distribution/point_directory.h"
#include "wimwright/http/handler.h"
#include "wimwright/http/metrics.h"

namespace ww::distribution {

struct SiteOptions {
  PointDirectory* directory = nullptr;  // all outlive the handler
  content::Library* library = nullptr;
  Authority* authority = nullptr;
  Logger* log = &NullLogger();
  const Clock* clock = &SystemClock();
  std::chrono::days certificate_validity{825};
};

//   GET  /distribution/v1/authority           the authority's certificate; without certificate
//   POST /distribution/v1/enroll              token's word and request; without certificate
//   POST /distribution/v1/renew               a new certificate for the same point
//   GET  /distribution/v1/assignments?wait=S  ETag, If-None-Match; waits up to S seconds for a
//   change GET  /distribution/v1/file/<id>           ranges GET  /distribution/v1/blocks/<id> the
//   block map's file form POST /distribution/v1/status              reports POST
//   /distribution/v1/heartbeat
class SiteHandler : public http::Handler {
 public:
  static std::unique_ptr<SiteHandler> Make(SiteOptions options);
  // Ends waits for changes: before the server stops.
  virtual void Stop() = 0;
};

}  // namespace ww::distribution
