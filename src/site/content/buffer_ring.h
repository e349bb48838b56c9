// A few buffers that one thread fills and others read, each in order: the pipe between stages.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "wimwright/base/file.h"

namespace ww::content {

inline constexpr std::size_t kRoomSize = 1 << 20;

struct Piece {
  std::uint64_t offset = 0;
  MutableByteView bytes;
  bool written = false;  // in the copy already
};

// One producer; each consumer is a function that runs on a thread of its own and sees every piece.
// A consumer that fails stops the producer at its next call; the first error counts.
class BufferRing {
 public:
  using Consumer = std::function<Status(const Piece&)>;

  explicit BufferRing(std::vector<Consumer> consumers);
  ~BufferRing();  // ends the consumers, without waiting for what they have not begun

  MutableByteView Next();
  Status Push(std::size_t count, bool written);
  // Waits until every consumer has seen every piece.
  Status Finish();

 private:
  static constexpr std::size_t kRooms = 8;

  void End();
  void Run(std::size_t index, const Consumer& consumer);
  std::uint64_t Slowest() const;

  Bytes memory_;
  std::byte* rooms_ = nullptr;
  std::array<Piece, kRooms> pieces_;
  std::uint64_t produced_ = 0;  // pieces; piece n lies in room n % kRooms
  std::uint64_t offset_ = 0;
  std::vector<std::uint64_t> consumed_;
  std::optional<Error> error_;
  bool ending_ = false;
  std::mutex mutex_;
  std::condition_variable for_producer_, for_consumers_;
  std::vector<std::thread> threads_;
};

}  // namespace ww::content
