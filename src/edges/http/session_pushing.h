// Answers whose bytes other threads push. Part of session.h.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <string>

#include "session.h"

namespace ww::http {

template <typename Stream>
class Session<Stream>::Channel final : public PushChannel {
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

template <typename Stream>
void Session<Stream>::BeginPush(PushBody body) {
  pushing_ = std::make_shared<Channel>(this->weak_from_this());
  push_end_ = push_ended_ = false;
  push_chunked_ = !http10_;
  pushed_.clear();
  pushed_bytes_ = 0;
  push_writing_ = true;
  if (body.begin) body.begin(pushing_);
  WritePush();  // the head, which stands in out_
}

template <typename Stream>
void Session<Stream>::QueuePush(std::shared_ptr<const std::string> bytes) {
  if (closed_ || !pushing_ || push_end_) return;
  pushed_bytes_ += bytes->size();
  pushed_.push_back(std::move(bytes));
  if (pushed_bytes_ > kMostPushed) return GivePushUp();
  if (!push_writing_) NextPush();
}

template <typename Stream>
void Session<Stream>::EndPush() {
  if (closed_ || !pushing_ || push_end_) return;
  push_end_ = true;
  pushing_->gone_ = true;
  if (!push_writing_) NextPush();
}

template <typename Stream>
void Session<Stream>::NextPush() {
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

template <typename Stream>
void Session<Stream>::WritePush() {
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

template <typename Stream>
void Session<Stream>::GivePushUp() {
  if (pushing_) {
    pushing_->gone_ = true;
    pushing_.reset();
    thread_.dispatcher.Done(request_, status_, sent_, Steady::now() - started_);
  }
  Cut();
}

}  // namespace ww::http
