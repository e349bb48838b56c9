#include "background_copy.h"

#include <new>
#include <utility>

#include "helpers.h"

namespace ww::wim {

BackgroundCopy::BackgroundCopy(const File& source, std::unique_ptr<File> target, std::uint64_t size,
                               std::function<void(std::uint64_t)> on_copied)
    : source_(source), target_(std::move(target)) {
  thread_ = std::thread([this, size, on_copied = std::move(on_copied)] {
    try {
      status_ = CopyDirectly(source_, *target_, size, [&](std::uint64_t piece) -> Status {
        if (stop_) return Fail(Code::kCancelled, "nobody needs the copy any more");
        if (on_copied) on_copied(piece);
        return {};
      });
    } catch (const std::bad_alloc&) {
      status_ = Fail(OutOfMemory());
    }
  });
}

BackgroundCopy::~BackgroundCopy() {
  stop_ = true;
  static_cast<void>(Wait());
}

Status BackgroundCopy::Wait() {
  if (thread_.joinable()) thread_.join();
  return status_;
}

}  // namespace ww::wim
