// Answering requests, and ending connections. Part of session.h.
#pragma once

#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <variant>

#include "session.h"

namespace ww::http {

template <typename Stream>
void Session<Stream>::Dispatch(bool unread) {
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

template <typename Stream>
std::string Session<Stream>::Head(const Answer& answer) {
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

template <typename Stream>
void Session<Stream>::Respond(Answer answer) {
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

template <typename Stream>
void Session<Stream>::WriteOut() {
  SetDeadline(limits().write_timeout);
  asio::async_write(stream_, asio::buffer(out_), [self = Self()](error_code ec, std::size_t) {
    if (ec || self->closed_) return self->Cut();
    self->WriteBody();
  });
}

template <typename Stream>
void Session<Stream>::WriteBody() {
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

template <typename Stream>
void Session<Stream>::WriteFile() {
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
template <typename Stream>
void Session<Stream>::SendEncrypted(std::size_t count) {
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
template <typename Stream>
void Session<Stream>::SendFile() {
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

template <typename Stream>
void Session<Stream>::EndOfAnswer() {
  thread_.dispatcher.Done(request_, status_, sent_, Steady::now() - started_);
  file_.reset();
  body_ = {};
  encrypted_.reset();
  if (unread_) return Linger();
  if (!keep_alive_) return Close();
  NextRequest();
}

template <typename Stream>
void Session<Stream>::Reject(int status, std::string_view why) {
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

template <typename Stream>
std::string Session<Stream>::HeadAndBody(const Answer& answer) {
  return HeadText(
             answer,
             {.keep_alive = false, .date = thread_.Date(), .server = thread_.options.server_name}) +
         std::get<std::string>(answer.body);
}

// Closing with unread input would reset the connection, and the answer might be lost with it: what
// the client still sends is thrown away for a moment.
template <typename Stream>
void Session<Stream>::Linger() {
  error_code ignored;
  if constexpr (!kTls) Lowest().shutdown(Socket::shutdown_send, ignored);
  SetDeadline(std::chrono::milliseconds(2000));
  lingered_ = 0;
  buffer_.consume(buffer_.size());
  Discard();
}

template <typename Stream>
void Session<Stream>::Discard() {
  Lowest().async_read_some(buffer_.prepare(kRead), [self = Self()](error_code ec, std::size_t n) {
    self->lingered_ += n;
    if (ec || self->closed_ || self->lingered_ > (1 << 20)) return self->Cut();
    self->Discard();
  });
}

template <typename Stream>
void Session<Stream>::Close() {
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

}  // namespace ww::http
