// The HTTP server: sockets, TLS, limits and threads. It knows no route and no user.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "wimwright/base/log.h"
#include "wimwright/base/result.h"
#include "wimwright/http/authenticator.h"
#include "wimwright/http/handler.h"
#include "wimwright/http/metrics.h"

namespace ww::http {

struct Endpoint {
  std::string address = "127.0.0.1";  // an address, not a name; "::" takes both families
  std::uint16_t port = 0;             // 0: any free one, see Server::ports
  bool tls = true;
  bool allow_plain_remote = false;  // without TLS only loopback addresses are served, unless so
  // A listening socket that somebody else opened (systemd): address and port are not used. Taken
  // over by the server.
  int inherited_fd = -1;
};

struct TlsFiles {
  std::filesystem::path certificate, key;  // PEM; the certificate may be followed by its chain
  // Clients may show a certificate that leads to one of these; others end the handshake. Who shows
  // none is served as well: handlers look at Peer::client_certificate. Empty: none is asked for.
  std::filesystem::path client_authorities = {};
};

struct Limits {
  std::size_t header_bytes = 32 << 10;  // 431
  std::uint64_t body_bytes = 64 << 20;  // 413; a handler may ask for less
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds header_timeout{
      15'000};  // from the first byte of a head to its end; 408
  // A body must bring at least this much in each period, and so must a client that reads.
  std::chrono::milliseconds body_timeout{30'000};
  std::uint64_t body_bytes_per_timeout = 8 << 10;
  std::chrono::milliseconds write_timeout{60'000};  // without any progress
  std::chrono::milliseconds idle_timeout{75'000};   // between requests
  std::size_t connections = 2000;
  std::size_t connections_per_address = 200;
  std::size_t event_streams = 64;
  std::size_t queued_requests = 1000;  // that wait for a worker; 503 beyond
};

struct ServerOptions {
  std::vector<Endpoint> endpoints;
  TlsFiles tls;             // needed when any endpoint has TLS
  unsigned io_threads = 0;  // 0: one per processor, 4 at most
  unsigned workers = 8;
  Limits limits = {};
  std::string server_name = "wimwright";  // the Server field; empty: none
  // These outlive the server. Without an authenticator nobody is ever known: routes that need a
  // user answer 401.
  Authenticator* authenticator = nullptr;
  Logger* logger = nullptr;    // one line per request
  Metrics* metrics = nullptr;  // ww_http_...
};

class Server {
 public:
  virtual ~Server() = default;  // Stop(0)

  // Listens and serves when it returns. `handler` outlives the server.
  static Result<std::unique_ptr<Server>> Start(ServerOptions options, Handler& handler);

  // The port of each endpoint, in order.
  virtual const std::vector<std::uint16_t>& ports() const = 0;

  // Reads certificate and key again, for new connections. On failure the old ones stay.
  virtual Status ReloadCertificate() = 0;

  // Takes no more connections, lets requests in progress end until `drain` has passed, then cuts
  // what is left. Answers whether all ended by themselves. May be called once, from any thread that
  // is not the server's.
  virtual bool Stop(std::chrono::milliseconds drain) = 0;
};

// GET /healthz ("ok", or 503 with the reason that `check` gives) and GET /metrics, both without
// user: put them on an address that only those who may see them reach, or mount them behind one.
void AddHealthRoutes(Router& router, std::function<Status()> check, const Metrics& metrics,
                     bool metrics_need_user = true);

// systemd: sockets that were passed to the process by their FileDescriptorName= (empty outside of
// systemd), and the state lines of sd_notify. All do nothing without a service manager.
struct InheritedSocket {
  int fd = -1;
  std::string name;
};
std::vector<InheritedSocket> InheritedSockets();
void NotifyReady();
void NotifyStopping();
void NotifyWatchdog();

}  // namespace ww::http
