#include "stream_sink.h"

#include <fmt/format.h>

#include <algorithm>

namespace ww::http {

StreamSink::StreamSink(Send send, std::string head, bool chunked, std::function<bool()> stopping)
    : send_(std::move(send)),
      head_(std::move(head)),
      chunked_(chunked),
      stopping_(std::move(stopping)) {}

Status StreamSink::SendGathered(std::string_view tail) {
  std::string bytes = std::exchange(head_, {});
  if (!gathered_.empty()) {
    if (chunked_) bytes += fmt::format("{:x}\r\n", gathered_.size());
    bytes += gathered_;
    if (chunked_) bytes += "\r\n";
    body_bytes_ += gathered_.size();
    gathered_.clear();
  }
  bytes += tail;
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [&] { return !shared_->in_flight; });
  if (shared_->failed) return Fail(Code::kCancelled, "the client went away");
  if (bytes.empty()) return {};
  shared_->in_flight = true;
  lock.unlock();
  send_(std::move(bytes), [shared = shared_](bool ok) {
    {
      const std::lock_guard inner(shared->mutex);
      shared->in_flight = false;
      shared->failed = shared->failed || !ok;
    }
    shared->changed.notify_all();
  });
  return {};
}

Status StreamSink::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = std::min(bytes.size(), kBuffer - gathered_.size());
    gathered_ += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (gathered_.size() == kBuffer) WW_RETURN_IF_ERROR(SendGathered({}));
  }
  return {};
}

Status StreamSink::Flush() {
  if (stopping_()) return Fail(Code::kCancelled, "the server stops");
  return SendGathered({});
}

bool StreamSink::closed() const {
  if (stopping_()) return true;
  const std::lock_guard lock(shared_->mutex);
  return shared_->failed;
}

Status StreamSink::Finish(bool whole) {
  WW_RETURN_IF_ERROR(SendGathered(whole && chunked_ ? "0\r\n\r\n" : ""));
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [&] { return !shared_->in_flight; });
  if (shared_->failed) return Fail(Code::kCancelled, "the client went away");
  return {};
}

}  // namespace ww::http
