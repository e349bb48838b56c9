// Owners for C library objects and file descriptors: the five members are written once, here.
#pragma once

#include <memory>
#include <utility>

namespace ww {

template <auto Close>
struct Closer {
  template <typename T>
  void operator()(T* p) const noexcept {
    static_cast<void>(Close(p));
  }
};
// Handle<hive_h, &hivex_close>: pointer-sized, moves, cannot leak.
template <typename T, auto Close>
using Handle = std::unique_ptr<T, Closer<Close>>;

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace ww
