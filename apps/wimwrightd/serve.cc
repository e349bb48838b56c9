#include "serve.h"

#include <fmt/format.h>

#include <iostream>

#include "components.h"
#include "daemon.h"
#include "distribution_listener.h"
#include "session_methods.h"
#include "sign_in.h"
#include "site_folder.h"
#include "site_metrics.h"
#include "token_methods.h"
#include "wimwright/adminservice/admin_service.h"
#include "wimwright/base/file.h"
#include "wimwright/catalog/catalog.h"
#include "wimwright/console/handler.h"
#include "wimwright/console/sign_in.h"
#include "wimwright/events/handler.h"
#include "wimwright/http/server.h"
#include "wimwright/provider/site_provider.h"
#include "wimwright/uploads/handler.h"

namespace ww::server {
namespace {

constexpr std::chrono::seconds kDrain{10};

// The service, and what else is served. Paths of the service have no case; the router's have.
class Front final : public http::Handler {
 public:
  Front(adminservice::AdminService& service, uploads::UploadHandler& uploads,
        events::EventsHandler& events, console::ConsoleHandler& console, http::Router& router)
      : service_(service), uploads_(uploads), events_(events), console_(console), router_(router) {}
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
    if (events::EventsHandler::Serves(target)) return events_;
    if (console::ConsoleHandler::Serves(target)) return console_;
    return router_;
  }

  adminservice::AdminService& service_;
  uploads::UploadHandler& uploads_;
  events::EventsHandler& events_;
  console::ConsoleHandler& console_;
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
  const accounts::Sessions sessions(*database, SystemClock(), configuration.sessions);
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
  provider_options.components.push_back([&](provider::Bindings& bindings) {
    BindTokens(bindings, accounts, configuration.domain, SystemClock());
    BindSessions(bindings, sessions, configuration.domain);
  });
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

  WW_TRY(const auto schemes, MakeSignIn(configuration, accounts), "sign-in");
  console::SessionAuthenticator sign_in(*schemes, sessions);
  events::HubOptions hub_options;
  hub_options.provider = provider.get();
  hub_options.log = service_log.get();
  hub_options.server_name = configuration.site.server_name;
  const auto hub = events::Hub::Start(hub_options);
  events::EventsOptions events_options;
  events_options.hub = hub.get();
  events_options.authorize = [&](const http::Request& request) -> Result<events::Listener> {
    events::Listener listener;
    service_options.identify(request, listener.context);
    WW_TRY(const auto known, provider->IsAdministrator(listener.context), "access");
    if (!known) {
      return Fail(Code::kUsage, listener.context.user + " is no administrator of this site");
    }
    // A stream of a browser ends with the session.
    if (const auto secret = console::SecretIn(request);
        secret && !request.headers.Find("Authorization")) {
      listener.still_good = [&sessions, digest = console::DigestOf(*secret)] {
        const auto found = sessions.Find(digest, false);
        return !found || found->has_value();  // a database that is away ends nothing
      };
    }
    return listener;
  };
  events::EventsHandler events_handler(std::move(events_options));
  console::ConsoleOptions console_options;
  console_options.sessions = &sessions;
  console_options.schemes = schemes.get();
  console_options.kerberos = !configuration.keytab.empty();
  console_options.site_code = configuration.site.site_code;
  console_options.site_name = configuration.site.site_name;
  console_options.version = WW_VERSION;
  console_options.describe = [&](const http::User& user) -> std::pair<std::string, bool> {
    cim::Context context;
    context.user = AccountName(user, configuration.domain);
    return {context.user, provider->IsAdministrator(context).value_or(false)};
  };
  console::ConsoleHandler console_handler(std::move(console_options));
  Front front(*service, upload_handler, events_handler, console_handler, router);

  http::ServerOptions server_options;
  server_options.endpoints = {endpoint};
  for (const auto& socket : http::InheritedSockets()) {
    server_options.endpoints.front().inherited_fd = socket.fd;
  }
  server_options.tls = {folder.certificate(), folder.key()};
  server_options.authenticator = &sign_in;
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
  hub->Stop();
  server->Stop(kDrain);
  points = nullptr;
  components->Stop();
  return {};
}

}  // namespace ww::server
