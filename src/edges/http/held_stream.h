// A stream whose beginning is held back, so that a short body can become an ordinary answer and a
// failure another one.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "wimwright/http/response.h"

namespace ww::http {

class HeldStream final : public ResponseStream {
 public:
  // `begin` sends the head; called once, when more than `hold` bytes were written or what there is
  // has to go.
  HeldStream(std::size_t hold, std::function<ResponseStream&()> begin)
      : hold_(hold), begin_(std::move(begin)) {}

  Status Write(std::string_view bytes) override;
  Status Flush() override;
  bool closed() const override { return stream_ != nullptr && stream_->closed(); }
  bool TakeBack() override;

  bool begun() const { return stream_ != nullptr; }
  // Everything, while it has not begun.
  std::string Take() { return std::exchange(held_, {}); }

 private:
  Status Begin();
  const std::size_t hold_;
  const std::function<ResponseStream&()> begin_;
  std::string held_;
  ResponseStream* stream_ = nullptr;
};

}  // namespace ww::http
