// Answers that a worker writes. Part of session.h.
#pragma once

#include <exception>
#include <functional>
#include <future>
#include <optional>
#include <string>

#include "session.h"

namespace ww::http {

template <typename Stream>
void Session<Stream>::RunStream(const std::shared_ptr<Answer>& answer) {
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
template <typename Stream>
std::string Session<Stream>::HeadOfStream(const std::shared_ptr<Answer>& answer) {
  std::promise<std::string> promise;
  auto made = promise.get_future();
  asio::post(thread_.context, [self = Self(), answer, &promise] {
    self->status_ = answer->status;
    promise.set_value(self->Head(*answer));
  });
  return made.get();
}

template <typename Stream>
void Session<Stream>::WriteStream(const std::shared_ptr<Answer>& answer) {
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

template <typename Stream>
void Session<Stream>::RespondWithoutStream(Answer& answer, const Status& written,
                                           std::string body) {
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
template <typename Stream>
void Session<Stream>::WriteRaw(std::string bytes, std::function<void(bool)> done) {
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

}  // namespace ww::http
