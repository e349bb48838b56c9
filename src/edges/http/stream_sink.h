// The writing side of a streamed body: a worker on one end, a connection on the other, one buffer
// in flight and one that gathers.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "answer.h"
#include "wimwright/http/response.h"

namespace ww::http {

class StreamSink final : public ResponseStream {
 public:
  // Sends bytes as they are and calls `done` when they have gone or cannot go. From any thread.
  using Send = std::function<void(std::string bytes, std::function<void(bool ok)> done)>;
  // `head` goes before the first bytes. `stopping`: whether the server wants an end.
  StreamSink(Send send, std::string head, bool chunked, std::function<bool()> stopping);

  Status Write(std::string_view bytes) override;
  Status Flush() override;
  bool closed() const override;

  // The rest, with the end of the body when it is `whole`, and waits until all went.
  Status Finish(bool whole);
  std::uint64_t body_bytes() const { return body_bytes_; }

 private:
  struct Shared {  // outlives the sink when a connection is cut
    std::mutex mutex;
    std::condition_variable changed;
    bool in_flight = false;
    bool failed = false;
  };
  Status SendGathered(std::string_view tail);
  static constexpr std::size_t kBuffer = 32 << 10;
  Send send_;
  std::string head_;
  bool chunked_;
  std::function<bool()> stopping_;
  std::string gathered_;
  std::uint64_t body_bytes_ = 0;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace ww::http
