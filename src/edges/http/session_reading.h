// Reading requests. Part of session.h.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

#include "session.h"

namespace ww::http {

template <typename Stream>
void Session<Stream>::NextRequest() {
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

template <typename Stream>
template <typename Then>
void Session<Stream>::Read(Then then) {
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

template <typename Stream>
void Session<Stream>::ParseHead() {
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

template <typename Stream>
void Session<Stream>::OnHead() {
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
  if (std::find(std::begin(kMethods), std::end(kMethods), request_.method) == std::end(kMethods)) {
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

template <typename Stream>
void Session<Stream>::ExpectBody() {
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

template <typename Stream>
void Session<Stream>::ParseBody() {
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

}  // namespace ww::http
