#include "serve.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <charconv>
#include <iostream>

#include "sign_in.h"
#include "site_folder.h"
#include "wimwright/adminservice/admin_service.h"
#include "wimwright/base/file.h"
#include "wimwright/http/server.h"
#include "wimwright/provider/site_provider.h"

namespace ww::server {
namespace {

constexpr std::chrono::seconds kDrain{10};

// "0.0.0.0:8443", "[::1]:443", ":8443".
Result<http::Endpoint> ParseListen(std::string_view text) {
  http::Endpoint endpoint;
  const auto colon = text.rfind(':');
  const auto bad = [text] {
    return Fail(Error{Code::kUsage, fmt::format("'{}' is no address to listen on", text),
                      "Write ADDRESS:PORT, such as 0.0.0.0:8443 or [::1]:8443.", 0});
  };
  if (colon == std::string_view::npos) return bad();
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host == "localhost") host = "127.0.0.1";
  endpoint.address = host.empty() ? "0.0.0.0" : std::string(host);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size()) return bad();
  return endpoint;
}

// The service, and what else is served. Paths of the service have no case; the router's have.
class Front final : public http::Handler {
 public:
  Front(adminservice::AdminService& service, http::Router& router)
      : service_(service), router_(router) {}
  http::Treatment TreatmentOf(const http::Request& head) const override {
    return adminservice::AdminService::Serves(head.target) ? service_.TreatmentOf(head)
                                                           : router_.TreatmentOf(head);
  }
  http::Response Handle(const http::Request& request) override {
    return adminservice::AdminService::Serves(request.target) ? service_.Handle(request)
                                                              : router_.Handle(request);
  }
  std::optional<http::Response> AtOnce(const http::Request& request) override {
    return adminservice::AdminService::Serves(request.target) ? service_.AtOnce(request)
                                                              : router_.AtOnce(request);
  }

 private:
  adminservice::AdminService& service_;
  http::Router& router_;
};

// Signals are waited for, not handled: every thread of the server inherits the mask.
sigset_t BlockStopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  return set;
}

Result<std::unique_ptr<Logger>> LogOf(const SiteFolder& folder, const char* name) {
  return OpenFileLogger(folder.logs() / name, LogFormat::kServer, SystemClock(), LogFlush::kSoon);
}

}  // namespace

Status ServeSite(const ServeOptions& options) {
  const auto signals = BlockStopSignals();
  std::error_code error;
  const SiteFolder folder{std::filesystem::absolute(options.dir, error)};
  WW_TRY(const auto configuration, ReadConfiguration(folder), "site");
  WW_TRY(auto endpoint, ParseListen(options.listen.empty() ? configuration.listen : options.listen),
         "--listen");
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
  WW_TRY(const auto provider, provider::SiteProvider::Open(provider_options), "site");

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
      router,
      [&database] { return database->Read([](database::Transaction&) { return Status(); }); },
      metrics);
  Front front(*service, router);

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
  std::cout << fmt::format("{}://{}:{}/AdminService/wmi/", endpoint.tls ? "https" : "http",
                           endpoint.address == "0.0.0.0" ? "localhost" : endpoint.address,
                           server->ports().at(0))
            << std::endl;
  http::NotifyReady();
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) break;
    if (signal != SIGHUP) break;
    if (auto reloaded = server->ReloadCertificate(); !reloaded) {
      http_log->Error("HTTP", "the certificate was not reloaded: {}", reloaded.error().message);
    }
  }
  http::NotifyStopping();
  server->Stop(kDrain);
  return {};
}

}  // namespace ww::server
