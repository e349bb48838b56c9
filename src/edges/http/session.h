// One connection: requests in, answers out, deadlines on everything. Belongs to the thread of its
// io_context; only the functions said to be are called from elsewhere. Includes Boost: for
// server.cc only.
#pragma once

#include <fmt/format.h>
#include <sys/sendfile.h>

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
#include <future>
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

  // --- reading
  // ------------------------------------------------------------------------------------
  void NextRequest() {
    busy_ = false;
    reading_request_ = false;
    if (closed_) return;
    if (thread_.stopping.load(std::memory_order_relaxed) && buffer_.size() == 0) return Close();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits().header_bytes));
    parser_->body_limit(boost::none);  // ours, once the path is known
    parser_->eager(false);
    request_ = {};
    if (buffer_.size() > 0) {
      reading_request_ = true;
      SetDeadline(limits().header_timeout);
      return ParseHead();
    }
    SetDeadline(first_ ? limits().header_timeout : limits().idle_timeout);
    Read([this] {
      reading_request_ = true;
      SetDeadline(limits().header_timeout);
      ParseHead();
    });
  }

  template <typename Then>
  void Read(Then then) {
    const auto room = std::min(kRead, buffer_.max_size() - buffer_.size());
    stream_.async_read_some(buffer_.prepare(room),
                            [self = Self(), then](error_code ec, std::size_t count) {
                              if (self->closed_) return;
                              if (ec) {
                                if (self->timed_out_)
                                  return self->Reject(408, "the request took too long");
                                return self->Cut();
                              }
                              self->buffer_.commit(count);
                              then();
                            });
  }

  void ParseHead() {
    first_ = false;
    error_code ec;
    buffer_.consume(parser_->put(buffer_.data(), ec));
    if (ec == beast::http::error::need_more || (!ec && !parser_->is_header_done())) {
      if (buffer_.size() >= limits().header_bytes) return Reject(431, "the head is too long");
      return Read([this] { ParseHead(); });
    }
    if (ec == beast::http::error::header_limit || ec == beast::http::error::buffer_overflow) {
      return Reject(431, "the head is too long");
    }
    if (ec) return Reject(400, ec.message());
    OnHead();
  }

  void OnHead() {
    started_ = Steady::now();
    const auto& message = parser_->get();
    http10_ = message.version() < 11;
    keep_alive_ = message.keep_alive();
    if (message.version() / 10 != 1) return Reject(505, "not HTTP/1");
    const auto hosts = message.count(beast::http::field::host);
    if (hosts > 1 || (hosts == 0 && !http10_)) return Reject(400, "not one Host field");
    // Two opinions on where the body ends are how requests are smuggled past a proxy.
    if (message.count(beast::http::field::transfer_encoding) > 0 &&
        (message.count(beast::http::field::content_length) > 0 || !parser_->chunked() || http10_)) {
      return Reject(400, "no clear end of the body");
    }
    const auto raw = message.target();
    auto target = ParseTarget({raw.data(), raw.size()});
    if (!target) return Reject(400, target.error().message);
    const auto method = message.method_string();
    request_.method.assign(method.data(), method.size());
    static constexpr std::string_view kMethods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                                    "PATCH", "DELETE", "OPTIONS"};
    if (std::find(std::begin(kMethods), std::end(kMethods), request_.method) ==
        std::end(kMethods)) {
      return Reject(501, "this method is not implemented");
    }
    request_.target = *std::move(target);
    request_.peer = peer_;
    request_.id = thread_.dispatcher.NextId();
    for (const auto& field : message) {
      const auto name = field.name_string();
      const auto value = field.value();
      request_.headers.Add({name.data(), name.size()}, {value.data(), value.size()});
    }
    treatment_ = thread_.dispatcher.TreatmentOf(request_);
    ExpectBody();
  }

  void ExpectBody() {
    if (parser_->is_done()) return Dispatch(false);
    const auto most = std::min(treatment_.max_body, limits().body_bytes);
    const auto length = parser_->content_length();
    if (length && *length > most) return Reject(413, "the body is too long");
    // What nobody will be allowed to say need not be read.
    if (treatment_.needs_user && !request_.headers.Find("Authorization") &&
        !request_.headers.Find("Cookie")) {
      return Dispatch(true);
    }
    const auto expect = request_.headers.Get("Expect");
    if (!expect.empty() && !EqualNoCaseAscii(expect, "100-continue")) {
      return Reject(417, "an expectation that cannot be met");
    }
    parser_->body_limit(most);
    parser_->eager(true);
    body_seen_ = 0;
    SetDeadline(limits().body_timeout);
    if (expect.empty() || http10_ || buffer_.size() > 0) return ParseBody();
    out_ = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(out_), [self = Self()](error_code ec, std::size_t) {
      if (ec || self->closed_) return self->Cut();
      self->ParseBody();
    });
  }

  void ParseBody() {
    error_code ec;
    const auto count = buffer_.size() > 0 ? parser_->put(buffer_.data(), ec) : 0;
    buffer_.consume(count);
    body_seen_ += count;
    if (body_seen_ >= limits().body_bytes_per_timeout) {
      body_seen_ = 0;
      SetDeadline(limits().body_timeout);
    }
    if (ec == beast::http::error::body_limit) return Reject(413, "the body is too long");
    if (ec && ec != beast::http::error::need_more) return Reject(400, ec.message());
    if (parser_->is_done()) return Dispatch(false);
    // A head of a chunk may stand incomplete in the buffer, but not for ever.
    if (buffer_.size() >= kRead) return Reject(400, "a chunk's head is too long");
    Read([this] { ParseBody(); });
  }

  // --- answering
  // ---------------------------------------------------------------------------------- `unread`:
  // the body was left where it is, and the connection ends with the answer.
  void Dispatch(bool unread) {
    busy_ = true;
    reading_request_ = false;
    deadline_ = Steady::time_point::max();
    unread_ = unread;
    if (!unread) request_.body = std::move(parser_->get().body());
    if (!unread && treatment_.answers_inline && !treatment_.needs_user) {
      return Respond(thread_.dispatcher.Run(request_, treatment_, auth_));
    }
    if (!unread && treatment_.tries_at_once) {
      if (auto answer = thread_.dispatcher.AtOnce(request_, treatment_)) {
        return Respond(*std::move(answer));
      }
    }
    const bool queued = thread_.workers.Submit([self = Self(), unread] {
      auto answer = std::make_shared<Answer>(
          unread ? self->thread_.dispatcher.Refuse(self->request_, self->auth_)
                 : self->thread_.dispatcher.Run(self->request_, self->treatment_, self->auth_));
      if (auto* stream = std::get_if<StreamBody>(&answer->body);
          stream != nullptr && self->request_.method != "HEAD") {
        return self->RunStream(answer);
      }
      asio::post(self->thread_.context, [self, answer] { self->Respond(std::move(*answer)); });
    });
    if (queued) return;
    auto busy = PlainAnswer(503, "too busy");
    busy.headers.Add("Retry-After", "1");
    Respond(std::move(busy));
  }

  std::string Head(const Answer& answer) {
    if (FramingOf(answer, http10_) == Framing::kClose && request_.method != "HEAD") {
      keep_alive_ = false;
    }
    if (unread_ || thread_.stopping.load(std::memory_order_relaxed)) keep_alive_ = false;
    return HeadText(answer, {.http10 = http10_,
                             .keep_alive = keep_alive_,
                             .date = thread_.Date(),
                             .server = thread_.options.server_name,
                             .request_id = request_.id});
  }

  void Respond(Answer answer) {
    status_ = answer.status;
    sent_ = 0;
    if (std::holds_alternative<PushBody>(answer.body)) keep_alive_ = false;
    if (closed_) return thread_.dispatcher.Done(request_, status_, 0, Steady::now() - started_);
    busy_ = true;
    out_ = Head(answer);
    const bool no_body = request_.method == "HEAD" || status_ == 204 || status_ == 304;
    if (auto* text = std::get_if<std::string>(&answer.body); text != nullptr && !no_body) {
      body_ = std::move(*text);
      sent_ = body_.size();
      if (body_.size() <= kRead) {
        out_ += body_;
        body_.clear();
      }
    } else {
      body_.clear();
    }
    file_.reset();
    if (auto* file = std::get_if<OpenFile>(&answer.body); file != nullptr && !no_body) {
      sent_ = file->length;
      file_ = std::move(*file);
    }
    body_at_ = 0;
    if (auto* push = std::get_if<PushBody>(&answer.body); push != nullptr && !no_body) {
      return BeginPush(std::move(*push));
    }
    WriteOut();
  }

  // out_, then body_ in pieces with a deadline each, then file_.
  void WriteOut() {
    SetDeadline(limits().write_timeout);
    asio::async_write(stream_, asio::buffer(out_), [self = Self()](error_code ec, std::size_t) {
      if (ec || self->closed_) return self->Cut();
      self->WriteBody();
    });
  }
  void WriteBody() {
    if (body_at_ == body_.size()) return file_ ? WriteFile() : EndOfAnswer();
    SetDeadline(limits().write_timeout);
    const auto count = std::min(kPiece, body_.size() - body_at_);
    asio::async_write(stream_, asio::buffer(body_.data() + body_at_, count),
                      [self = Self(), count](error_code ec, std::size_t) {
                        if (ec || self->closed_) return self->Cut();
                        self->body_at_ += count;
                        self->WriteBody();
                      });
  }
  void WriteFile() {
    if (file_->length == 0) return EndOfAnswer();
    SetDeadline(limits().write_timeout);
    if constexpr (!kTls) {
      SendFile();
    } else {
      body_.resize(std::min<std::uint64_t>(file_->length, kPiece));
      const auto count =
          ::pread(file_->fd.get(), body_.data(), body_.size(), static_cast<off_t>(file_->offset));
      if (count <= 0) return Cut();  // the file became shorter: the client must see it
      file_->offset += static_cast<std::uint64_t>(count);
      file_->length -= static_cast<std::uint64_t>(count);
      SendEncrypted(static_cast<std::size_t>(count));
    }
  }
  // Through asio, a connection sends one record of 16 KB at a time. Here all of a piece is
  // encrypted into memory and sent at once: OpenSSL's output goes there for the moment of this
  // call.
  void SendEncrypted(std::size_t count) {
    if constexpr (kTls) {
      auto* const ssl = stream_.native_handle();
      if (!encrypted_) encrypted_.reset(BIO_new(BIO_s_mem()));
      auto* const usual = SSL_get_wbio(ssl);
      if (!encrypted_ || BIO_reset(encrypted_.get()) != 1 || BIO_up_ref(usual) != 1) return Cut();
      BIO_up_ref(encrypted_.get());
      SSL_set0_wbio(ssl, encrypted_.get());
      std::size_t done = 0;
      while (done < count) {  // a record each time
        std::size_t written = 0;
        if (SSL_write_ex(ssl, body_.data() + done, count - done, &written) != 1) break;
        done += written;
      }
      SSL_set0_wbio(ssl, usual);
      char* data = nullptr;
      const long size = BIO_get_mem_data(encrypted_.get(), &data);
      if (done < count || size <= 0) return Cut();
      asio::async_write(Lowest(), asio::buffer(data, static_cast<std::size_t>(size)),
                        [self = Self()](error_code ec, std::size_t) {
                          if (ec || self->closed_) return self->Cut();
                          self->WriteFile();
                        });
    }
  }
  // The kernel copies. After some megabytes others get their turn.
  void SendFile() {
    error_code ec;
    stream_.native_non_blocking(true, ec);
    auto offset = static_cast<off_t>(file_->offset);
    const auto most = std::min<std::uint64_t>(file_->length, 4 << 20);
    const auto count = ::sendfile(stream_.native_handle(), file_->fd.get(), &offset, most);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return Cut();
    if (count > 0) {
      file_->offset += static_cast<std::uint64_t>(count);
      file_->length -= static_cast<std::uint64_t>(count);
      if (file_->length == 0) return EndOfAnswer();
    }
    stream_.async_wait(Socket::wait_write, [self = Self()](error_code e) {
      if (e || self->closed_) return self->Cut();
      self->WriteFile();
    });
  }

  void EndOfAnswer() {
    thread_.dispatcher.Done(request_, status_, sent_, Steady::now() - started_);
    file_.reset();
    body_ = {};
    encrypted_.reset();
    if (unread_) return Linger();
    if (!keep_alive_) return Close();
    NextRequest();
  }

  // A request that cannot become one: the answer, and the end.
  void Reject(int status, std::string_view why) {
    thread_.dispatcher.Rejected(peer_, status, why);
    reading_request_ = false;
    keep_alive_ = false;
    out_ = HeadAndBody(PlainAnswer(status, why));
    SetDeadline(limits().write_timeout);
    asio::async_write(stream_, asio::buffer(out_), [self = Self()](error_code ec, std::size_t) {
      if (ec || self->closed_) return self->Cut();
      self->Linger();
    });
  }
  std::string HeadAndBody(const Answer& answer) {
    return HeadText(answer, {.keep_alive = false,
                             .date = thread_.Date(),
                             .server = thread_.options.server_name}) +
           std::get<std::string>(answer.body);
  }

  // --- ends
  // --------------------------------------------------------------------------------------- Closing
  // with unread input would reset the connection, and the answer might be lost with it: what the
  // client still sends is thrown away for a moment.
  void Linger() {
    error_code ignored;
    if constexpr (!kTls) Lowest().shutdown(Socket::shutdown_send, ignored);
    SetDeadline(std::chrono::milliseconds(2000));
    lingered_ = 0;
    buffer_.consume(buffer_.size());
    Discard();
  }
  void Discard() {
    Lowest().async_read_some(buffer_.prepare(kRead), [self = Self()](error_code ec, std::size_t n) {
      self->lingered_ += n;
      if (ec || self->closed_ || self->lingered_ > (1 << 20)) return self->Cut();
      self->Discard();
    });
  }
  void Close() {
    if (closed_) return;
    if constexpr (kTls) {
      SetDeadline(std::chrono::milliseconds(2000));
      stream_.async_shutdown([self = Self()](error_code) { self->Cut(); });
    } else {
      error_code ignored;
      Lowest().shutdown(Socket::shutdown_both, ignored);
      Cut();
    }
  }

  // --- pushed bodies: bytes come from other threads, whenever there are some ---------------------
  class Channel final : public PushChannel {
   public:
    explicit Channel(std::weak_ptr<Session> session) : session_(std::move(session)) {}
    bool Push(std::shared_ptr<const std::string> bytes) override {
      const auto session = session_.lock();
      if (!session || gone_.load(std::memory_order_relaxed)) return false;
      asio::post(session->thread_.context, [session, bytes = std::move(bytes)]() mutable {
        session->QueuePush(std::move(bytes));
      });
      return true;
    }
    void End() override {
      if (const auto session = session_.lock()) {
        asio::post(session->thread_.context, [session] { session->EndPush(); });
      }
    }
    std::atomic<bool> gone_{false};

   private:
    std::weak_ptr<Session> session_;
  };

  void BeginPush(PushBody body) {
    pushing_ = std::make_shared<Channel>(this->weak_from_this());
    push_end_ = push_ended_ = false;
    push_chunked_ = !http10_;
    pushed_.clear();
    pushed_bytes_ = 0;
    push_writing_ = true;
    WritePush();  // the head, which stands in out_
    if (body.begin) body.begin(pushing_);
  }
  void QueuePush(std::shared_ptr<const std::string> bytes) {
    if (closed_ || !pushing_ || push_end_) return;
    pushed_bytes_ += bytes->size();
    pushed_.push_back(std::move(bytes));
    if (pushed_bytes_ > kMostPushed) return GivePushUp();
    if (!push_writing_) NextPush();
  }
  void EndPush() {
    if (closed_ || !pushing_ || push_end_) return;
    push_end_ = true;
    pushing_->gone_ = true;
    if (!push_writing_) NextPush();
  }
  void NextPush() {
    out_.clear();
    std::size_t bytes = 0;
    for (const auto& one : pushed_) bytes += one->size();
    if (bytes > 0 && push_chunked_) out_ += fmt::format("{:x}\r\n", bytes);
    for (const auto& one : pushed_) out_ += *one;
    if (bytes > 0 && push_chunked_) out_ += "\r\n";
    pushed_.clear();
    pushed_bytes_ = 0;
    sent_ += bytes;
    if (push_end_ && push_chunked_) out_ += "0\r\n\r\n";
    push_ended_ = push_end_;
    push_writing_ = true;
    WritePush();
  }
  void WritePush() {
    SetDeadline(limits().write_timeout);
    asio::async_write(stream_, asio::buffer(out_), [self = Self()](error_code ec, std::size_t) {
      self->deadline_ = Steady::time_point::max();
      self->push_writing_ = false;
      if (ec || self->closed_) return self->GivePushUp();
      if (!self->pushed_.empty() || self->push_end_ != self->push_ended_) return self->NextPush();
      if (!self->push_ended_) return;
      self->pushing_.reset();
      self->EndOfAnswer();
    });
  }
  void GivePushUp() {
    if (pushing_) {
      pushing_->gone_ = true;
      pushing_.reset();
      thread_.dispatcher.Done(request_, status_, sent_, Steady::now() - started_);
    }
    Cut();
  }

  // --- streams: these run on a worker
  // -------------------------------------------------------------
  void RunStream(const std::shared_ptr<Answer>& answer) {
    auto& body = std::get<StreamBody>(answer->body);
    if (!body.long_lived) return WriteStream(answer);
    const bool runs = thread_.workers.SubmitLongLived(
        [self = Self(), answer] { self->WriteStream(answer); }, limits().event_streams);
    if (runs) return;
    auto busy = std::make_shared<Answer>(PlainAnswer(503, "too many event streams"));
    busy->headers.Add("Retry-After", "10");
    asio::post(thread_.context, [self = Self(), busy] { self->Respond(std::move(*busy)); });
  }

  // The head is made on the connection's thread, whose Date it uses; this one waits for it.
  std::string HeadOfStream(const std::shared_ptr<Answer>& answer) {
    std::promise<std::string> promise;
    auto made = promise.get_future();
    asio::post(thread_.context, [self = Self(), answer, &promise] {
      self->status_ = answer->status;
      promise.set_value(self->Head(*answer));
    });
    return made.get();
  }

  void WriteStream(const std::shared_ptr<Answer>& answer) {
    const auto framing = FramingOf(*answer, http10_);
    auto& body = std::get<StreamBody>(answer->body);
    const bool ends_at_stop = body.long_lived;
    std::optional<StreamSink> open;
    const auto begin = [&]() -> ResponseStream& {
      return open.emplace(
          [self = Self()](std::string bytes, std::function<void(bool)> done) {
            asio::post(self->thread_.context,
                       [self, bytes = std::move(bytes), done = std::move(done)]() mutable {
                         self->WriteRaw(std::move(bytes), std::move(done));
                       });
          },
          HeadOfStream(answer), framing == Framing::kChunked,
          [this, ends_at_stop] {
            return ends_at_stop && thread_.stopping.load(std::memory_order_relaxed);
          });
    };
    HeldStream held(body.hold, begin);
    const bool holds = body.hold != 0 && framing != Framing::kLength;
    if (!holds) begin();
    Status written;
    try {
      if (framing != Framing::kLength && body.write) {
        written = body.write(holds ? static_cast<ResponseStream&>(held) : *open);
      }
      if (holds && !held.begun()) return RespondWithoutStream(*answer, written, held.Take());
    } catch (const std::exception& e) {
      written = Fail(Code::kInternal, e.what());
      if (!open) return RespondWithoutStream(*answer, written, {});
    }
    auto& sink = *open;
    bool whole = written.has_value();
    // An event stream that was told to stop ended as it should.
    if (!whole && ends_at_stop && thread_.stopping.load(std::memory_order_relaxed)) whole = true;
    const bool sent = sink.Finish(whole).has_value();
    asio::post(thread_.context, [self = Self(), whole = whole && sent, bytes = sink.body_bytes()] {
      if (self->closed_) {
        self->thread_.dispatcher.Done(self->request_, self->status_, bytes,
                                      Steady::now() - self->started_);
        return;
      }
      self->sent_ = bytes;
      if (!whole) self->keep_alive_ = false;
      if (whole) return self->EndOfAnswer();
      self->thread_.dispatcher.Done(self->request_, self->status_, bytes,
                                    Steady::now() - self->started_);
      self->Cut();
    });
  }

  // The body ended, or failed, before anything of it was sent.
  void RespondWithoutStream(Answer& answer, const Status& written, std::string body) {
    auto plain = std::make_shared<Answer>(PlainAnswer(500, "request " + request_.id));
    auto& stream = std::get<StreamBody>(answer.body);
    if (written) {
      *plain = {answer.status, std::move(answer.headers), std::move(body)};
    } else if (stream.instead) {
      try {
        *plain = Prepare(request_, stream.instead(written.error()));
        // The proof of mutual authentication holds for it as well.
        for (const auto& [name, value] : answer.headers.fields()) {
          if (EqualNoCaseAscii(name, "WWW-Authenticate")) plain->headers.Add(name, value);
        }
      } catch (const std::exception&) {
        // It stays 500.
      }
    }
    asio::post(thread_.context, [self = Self(), plain] { self->Respond(std::move(*plain)); });
  }

  // On the connection's thread.
  void WriteRaw(std::string bytes, std::function<void(bool)> done) {
    if (closed_) return done(false);
    out_ = std::move(bytes);
    SetDeadline(limits().write_timeout);
    asio::async_write(stream_, asio::buffer(out_),
                      [self = Self(), done = std::move(done)](error_code ec, std::size_t) {
                        // Until more is written nobody has to hurry.
                        self->deadline_ = Steady::time_point::max();
                        if (ec) self->Cut();
                        done(!ec && !self->closed_);
                      });
  }

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
