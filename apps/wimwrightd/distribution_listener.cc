#include "distribution_listener.h"

#include "daemon.h"

namespace ww::server {
namespace {

constexpr std::chrono::seconds kDrain{5};
// Half of them may wait for changes, see SiteHandler.
constexpr unsigned kWorkers = 64;

}  // namespace

Result<std::unique_ptr<DistributionListener>> DistributionListener::Start(
    const SiteConfiguration& configuration, Components& components, http::Metrics& metrics) {
  WW_TRY(const auto endpoint, ParseListen(configuration.distribution_listen), "address");
  const auto& folder = configuration.folder;
  std::unique_ptr<DistributionListener> out(
      new DistributionListener(components.distribution().points()));
  WW_TRY(out->log_,
         OpenFileLogger(folder.logs() / "distpoints.log", LogFormat::kServer, SystemClock()),
         "log");
  WW_TRY(out->http_log_,
         OpenFileLogger(folder.logs() / "distpoints-http.log", LogFormat::kServer, SystemClock()),
         "log");
  auto& authority = components.authority();
  http::TlsFiles tls;
  tls.certificate = folder.dir / "tls" / "distribution.pem";
  tls.key = folder.dir / "tls" / "distribution.key";
  tls.client_authorities = authority.certificate_path();
  WW_TRY_STATUS(authority.EnsureServer({configuration.site.server_name, HostName(), "localhost"},
                                       tls.certificate, tls.key),
                "certificate");
  distribution::SiteOptions site;
  site.directory = &out->points_;
  site.library = &components.library();
  site.authority = &authority;
  site.log = out->log_.get();
  out->handler_ = distribution::SiteHandler::Make(site);
  http::ServerOptions server;
  server.endpoints = {endpoint};
  server.tls = tls;
  server.workers = kWorkers;
  server.logger = out->http_log_.get();
  server.metrics = &metrics;
  WW_TRY(out->server_, http::Server::Start(server, *out->handler_), "server");
  return out;
}

DistributionListener::~DistributionListener() {
  if (handler_) handler_->Stop();
  if (server_) server_->Stop(kDrain);
}

}  // namespace ww::server
