// The old content of an output file, copied while the new content is made.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "wimwright/base/file.h"

namespace ww::wim {

// Copies the first `size` bytes of `source` (borrowed) on a thread of its own. Whoever appends to
// the same file behind them needs not wait.
class BackgroundCopy {
 public:
  // `on_copied`, if set, is told the length of every piece, on that thread.
  BackgroundCopy(const File& source, std::unique_ptr<File> target, std::uint64_t size,
                 std::function<void(std::uint64_t)> on_copied);
  ~BackgroundCopy();  // stops it
  BackgroundCopy(const BackgroundCopy&) = delete;
  BackgroundCopy& operator=(const BackgroundCopy&) = delete;

  // Until the copy is whole or has failed; then the same answer at every call.
  Status Wait();

 private:
  const File& source_;
  std::unique_ptr<File> target_;
  std::atomic<bool> stop_{false};
  Status status_;  // the thread's until it is joined
  std::thread thread_;
};

}  // namespace ww::wim
