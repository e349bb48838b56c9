// Threads that help the calling one, and what becomes of memory that runs out in them.
#pragma once

#include <exception>
#include <thread>
#include <vector>

#include "wimwright/base/result.h"

namespace ww::wim {

// An exception must not leave a thread: it would end the process.
inline Error OutOfMemory() {
  return {Code::kInternal, "out of memory", "Give the process more memory, or use fewer threads.",
          0x8007000E};
}

// Runs `work`, which must not throw, on up to `count` threads; on fewer where the system gives no
// more. Joins them at its end, also when the calling thread leaves by an exception.
class Helpers {
 public:
  template <typename Work>
  Helpers(std::size_t count, const Work& work) {
    try {
      threads_.reserve(count);
      for (std::size_t i = 0; i < count; ++i) threads_.emplace_back(work);
    } catch (const std::exception&) {  // the calling thread does the rest
    }
  }
  ~Helpers() { Join(); }
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;

  void Join() {
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  std::vector<std::thread> threads_;
};

}  // namespace ww::wim
