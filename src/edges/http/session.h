// One connection: requests in, answers out, deadlines on everything. Belongs to the thread of its
// io_context; only the functions said to be are called from elsewhere. What it does in each phase
// stands in session_*.h. Includes Boost: for server.cc only.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>

#include "dispatcher.h"
#include "held_stream.h"
#include "stream_sink.h"
#include "text_util.h"
#include "wimwright/base/handle.h"
#include "wimwright/base/text.h"
#include "worker_pool.h"

namespace ww::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using TlsSocket = asio::ssl::stream<Socket>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
using boost::system::error_code;
using Steady = std::chrono::steady_clock;

class SessionBase {
 public:
  virtual ~SessionBase() = default;
  virtual void StopWhenIdle() = 0;  // no further request
  virtual void Cut() = 0;
};

// What the sessions of one thread share.
struct ThreadState {
  explicit ThreadState(const ServerOptions& o, Dispatcher& d, WorkerPool& w,
                       const std::atomic<bool>& s)
      : options(o), dispatcher(d), workers(w), stopping(s) {}
  asio::io_context context{1};
  const ServerOptions& options;
  Dispatcher& dispatcher;
  WorkerPool& workers;
  const std::atomic<bool>& stopping;
  std::unordered_set<SessionBase*> sessions;

  // The Date field, made once a second.
  std::string_view Date() {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (now != date_second_) {
      date_second_ = now;
      date_ = FormatHttpDate(now);
    }
    return date_;
  }

 private:
  std::chrono::sys_seconds date_second_{};
  std::string date_;
};

template <typename Stream>
class Session final : public SessionBase, public std::enable_shared_from_this<Session<Stream>> {
  static constexpr bool kTls = !std::is_same_v<Stream, Socket>;
  static constexpr std::size_t kRead = 16 << 10;
  static constexpr std::size_t kPiece = 256 << 10;
  static constexpr std::size_t kMostPushed = 1 << 20;  // that may wait for a slow client

 public:
  Session(ThreadState& thread, Stream stream, Peer peer, std::shared_ptr<void> ticket)
      : thread_(thread),
        stream_(std::move(stream)),
        timer_(thread.context.get_executor()),
        buffer_(thread.options.limits.header_bytes + kRead),
        peer_(std::move(peer)),
        ticket_(std::move(ticket)) {
    thread_.sessions.insert(this);
    thread_.dispatcher.ConnectionsChanged(1);
  }
  ~Session() override {
    thread_.sessions.erase(this);
    thread_.dispatcher.ConnectionsChanged(-1);
  }

  // Workers hold sessions, too: the last one to let go leaves the end to the session's own thread.
  static std::shared_ptr<Session> Make(ThreadState& thread, Stream stream, Peer peer,
                                       std::shared_ptr<void> ticket) {
    return std::shared_ptr<Session>(
        new Session(thread, std::move(stream), std::move(peer), std::move(ticket)),
        [&context = thread.context](Session* session) {
          if (context.get_executor().running_in_this_thread()) {
            delete session;
          } else {
            asio::post(context, [session] { delete session; });
          }
        });
  }

  void Start() {
    ArmTimer();
    if constexpr (kTls) {
      SetDeadline(limits().handshake_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server, [self = Self()](error_code ec) {
        if (ec || self->closed_) return self->Cut();
        self->peer_.client_certificate = ClientCertificate(self->stream_.native_handle());
        self->NextRequest();
      });
    } else {
      NextRequest();
    }
  }

  void StopWhenIdle() override {
    if (pushing_) return EndPush();
    if (!busy_ && !reading_request_) Cut();
  }

  void Cut() override {
    if (closed_) return;
    closed_ = true;
    error_code ignored;
    timer_.cancel(ignored);
    Lowest().close(ignored);
  }

 private:
  using Parser = beast::http::request_parser<beast::http::string_body>;

  static std::string ClientCertificate(SSL* ssl) {
    const Handle<X509, &X509_free> certificate(SSL_get1_peer_certificate(ssl));
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK ||
        X509_digest(certificate.get(), EVP_sha256(), digest, &size) != 1) {
      return {};
    }
    return ToHex(std::as_bytes(std::span(digest, size)));
  }

  std::shared_ptr<Session> Self() { return this->shared_from_this(); }
  const Limits& limits() const { return thread_.options.limits; }
  Socket& Lowest() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  // --- deadlines: one timer, which looks at the deadline of the moment whenever it wakes ---------
  void SetDeadline(std::chrono::milliseconds from_now) { deadline_ = Steady::now() + from_now; }
  void ArmTimer() {
    timer_.expires_after(std::chrono::seconds(1));
    if (deadline_ - Steady::now() < std::chrono::seconds(1)) timer_.expires_at(deadline_);
    timer_.async_wait([self = Self()](error_code ec) {
      if (ec || self->closed_) return;
      if (Steady::now() >= self->deadline_) self->OnDeadline();
      if (!self->closed_) self->ArmTimer();
    });
  }
  void OnDeadline() {
    deadline_ = Steady::time_point::max();
    if (reading_request_ && !timed_out_) {
      // The read ends with an error, and its handler says 408.
      timed_out_ = true;
      error_code ignored;
      Lowest().cancel(ignored);
      return;
    }
    Cut();
  }

  // session_reading.h: up to a whole request.
  void NextRequest();
  template <typename Then>
  void Read(Then then);
  void ParseHead();
  void OnHead();
  void ExpectBody();
  void ParseBody();

  // session_answering.h: the answer, and the end of the connection.
  // `unread`: the body was left where it is, and the connection ends with the answer.
  void Dispatch(bool unread);
  std::string Head(const Answer& answer);
  void Respond(Answer answer);
  // out_, then body_ in pieces with a deadline each, then file_.
  void WriteOut();
  void WriteBody();
  void WriteFile();
  void SendEncrypted(std::size_t count);
  void SendFile();
  void EndOfAnswer();
  // A request that cannot become one: the answer, and the end.
  void Reject(int status, std::string_view why);
  std::string HeadAndBody(const Answer& answer);
  void Linger();
  void Discard();
  void Close();

  // session_pushing.h: bytes of an answer that come from other threads, whenever there are some.
  class Channel;
  void BeginPush(PushBody body);
  void QueuePush(std::shared_ptr<const std::string> bytes);
  void EndPush();
  void NextPush();
  void WritePush();
  void GivePushUp();

  // session_streaming.h: answers that a worker writes. All but WriteRaw() run on that worker.
  void RunStream(const std::shared_ptr<Answer>& answer);
  std::string HeadOfStream(const std::shared_ptr<Answer>& answer);
  void WriteStream(const std::shared_ptr<Answer>& answer);
  // The body ended, or failed, before anything of it was sent.
  void RespondWithoutStream(Answer& answer, const Status& written, std::string body);
  void WriteRaw(std::string bytes, std::function<void(bool)> done);

  ThreadState& thread_;
  Stream stream_;
  Timer timer_;
  Steady::time_point deadline_ = Steady::time_point::max();
  beast::flat_buffer buffer_;
  Peer peer_;
  std::shared_ptr<void> ticket_;  // of the limit on connections
  ConnectionAuth auth_;

  std::optional<Parser> parser_;
  Request request_;
  Treatment treatment_;
  Steady::time_point started_{};
  std::uint64_t body_seen_ = 0;  // of the current period
  bool http10_ = false;
  bool keep_alive_ = true;
  bool first_ = true;
  bool reading_request_ = false;
  bool timed_out_ = false;
  bool busy_ = false;  // between a whole request and the end of its answer
  bool unread_ = false;
  bool closed_ = false;

  int status_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t lingered_ = 0;
  std::string out_, body_;
  std::size_t body_at_ = 0;
  std::optional<OpenFile> file_;

  std::shared_ptr<Channel> pushing_;
  std::deque<std::shared_ptr<const std::string>> pushed_;  // wait to be written
  std::size_t pushed_bytes_ = 0;
  bool push_writing_ = false, push_chunked_ = true;
  bool push_end_ = false, push_ended_ = false;  // asked for, written
  Handle<BIO, &BIO_free_all> encrypted_;        // a piece of it, as it is sent
};

}  // namespace ww::http

#include "session_answering.h"
#include "session_pushing.h"
#include "session_reading.h"
#include "session_streaming.h"
