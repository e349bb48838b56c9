#include "serve.h"

#include <fmt/format.h>

#include <iostream>

#include "components.h"
#include "daemon.h"
#include "distribution_listener.h"
#include "sign_in.h"
#include "site_folder.h"
#include "site_metrics.h"
#include "wimwright/adminservice/admin_service.h"
#include "wimwright/base/file.h"
#include "wimwright/catalog/catalog.h"
#include "wimwright/http/server.h"
#include "wimwright/provider/site_provider.h"
#include "wimwright/uploads/handler.h"

namespace ww::server {
namespace {

constexpr std::chrono::seconds kDrain{10};

// The service, and what else is served. Paths of the service have no case; the router's have.
class Front final : public http::Handler {
 public:
  Front(adminservice::AdminService& service, uploads::UploadHandler& uploads, http::Router& router)
      : service_(service), uploads_(uploads), router_(router) {}
  http::Treatment TreatmentOf(const http::Request& head) const override {
    return HandlerOf(head.target).TreatmentOf(head);
  }
  http::Response Handle(const http::Request& request) override {
    return HandlerOf(request.target).Handle(request);
  }
  std::optional<http::Response> AtOnce(const http::Request& request) override {
    return adminservice::AdminService::Serves(request.target) ? service_.AtOnce(request)
                                                              : router_.AtOnce(request);
  }

 private:
  http::Handler& HandlerOf(const http::Target& target) const {
    if (uploads::UploadHandler::Serves(target)) return uploads_;
    if (adminservice::AdminService::Serves(target)) return service_;
    return router_;
  }

  adminservice::AdminService& service_;
  uploads::UploadHandler& uploads_;
  http::Router& router_;
};

Result<std::unique_ptr<Logger>> LogOf(const SiteFolder& folder, const char* name) {
  return OpenFileLogger(folder.logs() / name, LogFormat::kServer, SystemClock(), LogFlush::kSoon);
}

}  // namespace

Status ServeSite(const ServeOptions& options) {
  const auto signals = BlockStopSignals();
  std::error_code error;
  auto overrides = FromEnvironment();
  if (!options.listen.empty()) {
    overrides.command_line["http.listen"] = {options.listen, Origin::kCommandLine, "--listen"};
  }
  WW_TRY(const auto configuration,
         ReadConfiguration({std::filesystem::absolute(options.dir, error)}, overrides), "site");
  const SiteFolder& folder = configuration.folder;
  WW_TRY(auto endpoint, ParseListen(configuration.listen), "http.listen");
  endpoint.tls = !options.plain_http;
  std::filesystem::create_directories(folder.logs(), error);
  WW_TRY(const auto provider_log, LogOf(folder, "SMSProv.log"), "log");
  WW_TRY(const auto service_log, LogOf(folder, "adminservice.log"), "log");
  WW_TRY(const auto http_log, LogOf(folder, "http.log"), "log");

  WW_TRY(const auto schema, cim::LoadBuiltInSchema(), "schema");
  WW_TRY(const auto database, database::Database::Open(configuration.database), "database");
  WW_TRY(auto accounts, accounts::Accounts::Open(*database, SystemClock()), "accounts");
  provider::ProviderOptions provider_options;
  provider_options.site = configuration.site;
  provider_options.schema = &schema;
  provider_options.database = database.get();
  provider_options.files = &RealFileSystem();
  provider_options.log = provider_log.get();
  // The provider outlives the components, whose bindings it holds.
  std::unique_ptr<provider::SiteProvider> provider;
  WW_TRY(const auto components,
         Components::Open(folder, configuration, *database, provider_options), "site");
  WW_TRY(provider, provider::SiteProvider::Open(provider_options), "site");

  adminservice::AdminServiceOptions service_options;
  service_options.server_name = configuration.site.server_name;
  service_options.site_namespace = provider::SiteNamespace(configuration.site);
  service_options.logger = service_log.get();
  service_options.identify = [domain = configuration.domain](const http::Request& request,
                                                             cim::Context& context) {
    if (request.user) context.user = AccountName(*request.user, domain);
  };
  service_options.is_administrator = [&provider](const cim::Context& context) {
    return provider->IsAdministrator(context);
  };
  const auto service = adminservice::AdminService::Make(*provider, service_options);
  http::Metrics metrics;
  http::Router router;
  http::AddHealthRoutes(
      router, [&database] { return database->Check(); }, metrics);
  AddServicingMetrics(metrics, components->servicing());
  uploads::UploadOptions upload_options;
  upload_options.uploads = &components->uploads();
  upload_options.authorize = [&](const http::Request& request) -> Result<std::string> {
    cim::Context context;
    service_options.identify(request, context);
    WW_RETURN_IF_ERROR(catalog::CheckMayImport(*provider, context));
    return context.user;
  };
  uploads::UploadHandler upload_handler(std::move(upload_options));
  Front front(*service, upload_handler, router);

  WW_TRY(const auto sign_in, MakeSignIn(configuration, accounts), "sign-in");
  http::ServerOptions server_options;
  server_options.endpoints = {endpoint};
  for (const auto& socket : http::InheritedSockets()) {
    server_options.endpoints.front().inherited_fd = socket.fd;
  }
  server_options.tls = {folder.certificate(), folder.key()};
  server_options.authenticator = sign_in.get();
  server_options.logger = http_log.get();
  server_options.metrics = &metrics;
  WW_TRY(const auto server, http::Server::Start(server_options, front), "server");
  WW_TRY_STATUS(components->Start(*provider), "site");
  std::unique_ptr<DistributionListener> points;
  if (!configuration.distribution_listen.empty()) {
    WW_TRY(points, DistributionListener::Start(configuration, *components, metrics),
           "distribution.listen");
  }
  std::cout << fmt::format("{}://{}:{}/AdminService/wmi/", endpoint.tls ? "https" : "http",
                           endpoint.address == "0.0.0.0" ? "localhost" : endpoint.address,
                           server->ports().at(0))
            << std::endl;
  if (points) std::cout << fmt::format("points: https://localhost:{}", points->port()) << std::endl;
  http::NotifyReady();
  WaitForStop(signals, [&] {
    if (auto reloaded = server->ReloadCertificate(); !reloaded) {
      http_log->Error("HTTP", "the certificate was not reloaded: {}", reloaded.error().message);
    }
  });
  http::NotifyStopping();
  server->Stop(kDrain);
  points = nullptr;
  components->Stop();
  return {};
}

}  // namespace ww::server
