// The site's listener for its distribution points: mutual TLS with certificates of the site's own
// authority.
#pragma once

#include <cstdint>
#include <memory>

#include "components.h"
#include "site_folder.h"
#include "site_points.h"
#include "wimwright/distribution/authority.h"
#include "wimwright/distribution/site_handler.h"
#include "wimwright/http/server.h"

namespace ww::server {

class DistributionListener {
 public:
  // When the components run. All arguments outlive it.
  static Result<std::unique_ptr<DistributionListener>> Start(const SiteConfiguration& configuration,
                                                             Components& components,
                                                             http::Metrics& metrics);
  ~DistributionListener();

  std::uint16_t port() const { return server_->ports().front(); }

 private:
  explicit DistributionListener(distmgr::Points& points) : points_(points) {}

  SitePoints points_;
  std::unique_ptr<Logger> log_, http_log_;
  std::unique_ptr<distribution::SiteHandler> handler_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace ww::server
