#include "wimwright/http/server.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "connection_limit.h"
#include "session.h"

namespace ww::http {
namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using TlsContext = asio::ssl::context;

Result<std::shared_ptr<TlsContext>> LoadTls(const TlsFiles& files) {
  auto context = std::make_shared<TlsContext>(TlsContext::tls_server);
  error_code ec;
  context->set_options(TlsContext::default_workarounds | TlsContext::no_compression, ec);
  auto* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                  SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(
      native,
      [](SSL*, const unsigned char** out, unsigned char* length, const unsigned char* in,
         unsigned in_length, void*) {
        static constexpr unsigned char kHttp11[] = "\x08http/1.1";
        unsigned char* chosen = nullptr;
        if (SSL_select_next_proto(&chosen, length, kHttp11, sizeof(kHttp11) - 1, in, in_length) !=
            OPENSSL_NPN_NEGOTIATED) {
          return SSL_TLSEXT_ERR_NOACK;
        }
        *out = chosen;
        return SSL_TLSEXT_ERR_OK;
      },
      nullptr);
  context->use_certificate_chain_file(files.certificate.string(), ec);
  if (ec) return Fail(Code::kIo, files.certificate.string() + ": " + ec.message());
  context->use_private_key_file(files.key.string(), TlsContext::pem, ec);
  if (ec) return Fail(Code::kIo, files.key.string() + ": " + ec.message());
  if (!files.client_authorities.empty()) {
    const auto* const path = files.client_authorities.c_str();
    auto* const names = SSL_load_client_CA_file(path);
    if (names == nullptr || SSL_CTX_load_verify_locations(native, path, nullptr) != 1) {
      sk_X509_NAME_pop_free(names, X509_NAME_free);
      return Fail(Code::kIo,
                  files.client_authorities.string() + ": no certificates of authorities");
    }
    SSL_CTX_set_client_CA_list(native, names);  // takes them
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    static constexpr unsigned char kSessions[] = "wimwright";  // or nothing could be resumed
    SSL_CTX_set_session_id_context(native, kSessions, sizeof(kSessions) - 1);
  }
  if (SSL_CTX_check_private_key(native) != 1) {
    return Fail(Code::kConflict, "the key does not belong to the certificate");
  }
  return context;
}

// One endpoint in one thread.
struct Listener {
  Acceptor acceptor;
  Timer pause;
  bool tls = false;
};

struct IoThread {
  IoThread(const ServerOptions& options, Dispatcher& dispatcher, WorkerPool& workers,
           const std::atomic<bool>& stopping)
      : state(options, dispatcher, workers, stopping), work(asio::make_work_guard(state.context)) {}
  ThreadState state;
  asio::executor_work_guard<Executor> work;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::thread thread;
};

class ServerImpl final : public Server {
 public:
  ServerImpl(ServerOptions options, Handler& handler)
      : options_(std::move(options)),
        dispatcher_(options_, handler),
        workers_(options_.workers, options_.limits.queued_requests),
        limit_(std::make_shared<ConnectionLimit>(options_.limits.connections,
                                                 options_.limits.connections_per_address)) {}
  ~ServerImpl() override { Stop(std::chrono::milliseconds(0)); }

  Status Listen() {
    if (options_.endpoints.empty()) return Fail(Code::kUsage, "no endpoint to listen on");
    if (std::ranges::any_of(options_.endpoints, &Endpoint::tls)) {
      WW_RETURN_IF_ERROR(ReloadCertificate());
    }
    const unsigned threads = options_.io_threads != 0
                                 ? std::min(options_.io_threads, 64u)
                                 : std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
    for (unsigned i = 0; i < threads; ++i) {
      threads_.push_back(std::make_unique<IoThread>(options_, dispatcher_, workers_, stopping_));
    }
    for (const auto& endpoint : options_.endpoints) WW_RETURN_IF_ERROR(Listen(endpoint));
    for (auto& thread : threads_) {
      for (auto& listener : thread->listeners) Accept(thread->state, *listener);
      thread->thread = std::thread([context = &thread->state.context] { context->run(); });
    }
    return {};
  }

  const std::vector<std::uint16_t>& ports() const override { return ports_; }

  Status ReloadCertificate() override {
    WW_TRY(auto context, LoadTls(options_.tls), "certificate");
    const std::lock_guard lock(tls_mutex_);
    tls_ = std::move(context);
    return {};
  }

  bool Stop(std::chrono::milliseconds drain) override {
    if (stopped_.exchange(true)) return true;
    stopping_ = true;
    OnEveryThread([](IoThread& thread) {
      for (auto& listener : thread.listeners) {
        error_code ignored;
        listener->acceptor.close(ignored);
        listener->pause.cancel(ignored);
      }
      const auto sessions = thread.state.sessions;
      for (auto* session : sessions) session->StopWhenIdle();
    });
    const auto until = Steady::now() + drain;
    bool all = limit_->count() == 0;
    while (!all && Steady::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      all = limit_->count() == 0;
    }
    OnEveryThread([](IoThread& thread) {
      const auto sessions = thread.state.sessions;
      for (auto* session : sessions) session->Cut();
    });
    // Workers first: they wait for connections, which the I/O threads have to tell of their end.
    workers_.Finish();
    for (auto& thread : threads_) {
      thread->work.reset();
      if (!thread->thread.joinable()) continue;
      thread->thread.join();  // ends when the last handler of the last session has run
    }
    return all;
  }

 private:
  template <typename Work>
  void OnEveryThread(const Work& work) {
    for (auto& thread : threads_) {
      if (!thread->thread.joinable()) continue;
      std::promise<void> done;
      asio::post(thread->state.context, [&] {
        work(*thread);
        done.set_value();
      });
      done.get_future().wait();
    }
  }

  Status Listen(const Endpoint& endpoint) {
    asio::ip::tcp::endpoint where;
    if (endpoint.inherited_fd < 0) {
      error_code ec;
      const auto address = asio::ip::make_address(endpoint.address, ec);
      if (ec) return Fail(Code::kUsage, "'" + endpoint.address + "' is no address");
      if (!endpoint.tls && !address.is_loopback() && !endpoint.allow_plain_remote) {
        return Fail(Error{Code::kUsage,
                          "plain HTTP on " + endpoint.address + " would show passwords to others",
                          "Use TLS, or a loopback address.", 0});
      }
      where = {address, endpoint.port};
    }
    for (auto& thread : threads_) {
      auto listener = std::make_unique<Listener>(
          Listener{Acceptor(thread->state.context), Timer(thread->state.context.get_executor()),
                   endpoint.tls});
      error_code ec;
      if (endpoint.inherited_fd >= 0) {
        ec = Inherit(listener->acceptor, endpoint.inherited_fd, thread == threads_.back());
      } else {
        if (thread == threads_.front()) ec = CheckFree(where);
        if (!ec) ec = Open(listener->acceptor, where);
      }
      const auto bound = ec ? where : listener->acceptor.local_endpoint(ec);
      if (ec) {
        return Fail(ec == boost::system::errc::address_in_use ? Code::kBusy : Code::kIo,
                    fmt::format("cannot listen on {} port {}: {}", endpoint.address, endpoint.port,
                                ec.message()));
      }
      where.port(bound.port());
      thread->listeners.push_back(std::move(listener));
    }
    ports_.push_back(where.port());
    return {};
  }

  // The kernel lets another process of the same user share a port that was opened for sharing:
  // connections would go to either. A socket that does not share finds out.
  static error_code CheckFree(const asio::ip::tcp::endpoint& where) {
    if (where.port() == 0) return {};
    asio::io_context context;
    Acceptor probe(context);
    error_code ec;
    probe.open(where.protocol(), ec);
    if (ec) return ec;
    probe.set_option(asio::socket_base::reuse_address(true), ec);
    probe.bind(where, ec);
    return ec;
  }

  // Every thread has a socket of its own on the port; the kernel spreads connections over them.
  static error_code Open(Acceptor& acceptor, const asio::ip::tcp::endpoint& where) {
    error_code ec;
    acceptor.open(where.protocol(), ec);
    if (ec) return ec;
    acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    const int on = 1;
    if (::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) {
      return {errno, boost::system::system_category()};
    }
    if (where.address().is_v6() && where.address().is_unspecified()) {
      acceptor.set_option(asio::ip::v6_only(false), ec);
    }
    acceptor.bind(where, ec);
    if (!ec) acceptor.listen(1024, ec);
    return ec;
  }

  // One socket for all threads: each gets a descriptor of it, the last one the original.
  static error_code Inherit(Acceptor& acceptor, int fd, bool last) {
    const int mine = last ? fd : ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (mine < 0) return {errno, boost::system::system_category()};
    sockaddr_storage address = {};
    socklen_t size = sizeof(address);
    error_code ec;
    if (::getsockname(mine, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      return {errno, boost::system::system_category()};
    }
    acceptor.assign(address.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), mine,
                    ec);
    return ec;
  }

  void Accept(ThreadState& thread, Listener& listener) {
    listener.acceptor.async_accept([this, &thread, &listener](error_code ec, Socket socket) {
      if (ec == asio::error::operation_aborted || !listener.acceptor.is_open()) return;
      if (ec) {
        // No descriptors left, most likely: some have to be closed first.
        listener.pause.expires_after(std::chrono::milliseconds(100));
        listener.pause.async_wait([this, &thread, &listener](error_code e) {
          if (!e) Accept(thread, listener);
        });
        return;
      }
      Begin(thread, listener, std::move(socket));
      Accept(thread, listener);
    });
  }

  void Begin(ThreadState& thread, const Listener& listener, Socket socket) {
    error_code ec;
    const auto remote = socket.remote_endpoint(ec);
    if (ec) return;
    auto address = remote.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
      address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    Peer peer{address.to_string(), remote.port(), listener.tls};
    auto ticket = limit_->Take(peer.address);
    if (!ticket) {
      dispatcher_.ConnectionRefused();
      return;  // closes
    }
    const int fd = socket.native_handle();
    const auto set = [&](int level, int option, int value) {
      ::setsockopt(fd, level, option, &value, sizeof(value));
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    // Peers that vanished without a word are found by the kernel.
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(options_.limits.write_timeout.count()));
    if (!listener.tls) {
      Session<Socket>::Make(thread, std::move(socket), std::move(peer), std::move(ticket))->Start();
      return;
    }
    std::shared_ptr<TlsContext> tls;
    {
      const std::lock_guard lock(tls_mutex_);
      tls = tls_;
    }
    // The session's SSL object holds the context's inner part itself.
    Session<TlsSocket>::Make(thread, TlsSocket(std::move(socket), *tls), std::move(peer),
                             std::move(ticket))
        ->Start();
  }

  ServerOptions options_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> stopped_{false};
  Dispatcher dispatcher_;
  WorkerPool workers_;
  std::shared_ptr<ConnectionLimit> limit_;
  std::mutex tls_mutex_;
  std::shared_ptr<TlsContext> tls_;
  std::vector<std::uint16_t> ports_;
  std::vector<std::unique_ptr<IoThread>> threads_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(ServerOptions options, Handler& handler) {
  auto server = std::make_unique<ServerImpl>(std::move(options), handler);
  WW_RETURN_IF_ERROR(server->Listen());
  return server;
}

}  // namespace ww::http
