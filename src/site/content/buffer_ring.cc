#include "buffer_ring.h"

#include <algorithm>

namespace ww::content {

BufferRing::BufferRing(std::vector<Consumer> consumers)
    : memory_((kRooms + 1) * kRoomSize + kDirectAlignment), consumed_(consumers.size()) {
  void* aligned = memory_.data();
  std::size_t room = memory_.size();
  rooms_ = static_cast<std::byte*>(std::align(kDirectAlignment, kRooms * kRoomSize, aligned, room));
  try {
    for (std::size_t i = 0; i < consumers.size(); ++i) {
      threads_.emplace_back([this, i, consumer = std::move(consumers[i])] { Run(i, consumer); });
    }
  } catch (...) {  // no more threads: those that are there use this object
    End();
    throw;
  }
}

BufferRing::~BufferRing() { End(); }

void BufferRing::End() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  for_consumers_.notify_all();
  for (auto& thread : threads_) thread.join();
}

std::uint64_t BufferRing::Slowest() const { return *std::ranges::min_element(consumed_); }

MutableByteView BufferRing::Next() {
  std::unique_lock lock(mutex_);
  for_producer_.wait(lock, [this] { return error_ || produced_ - Slowest() < kRooms; });
  // After a failure consumers may still look at any room: the producer gets one of its own.
  return {rooms_ + (error_ ? kRooms : produced_ % kRooms) * kRoomSize, kRoomSize};
}

Status BufferRing::Push(std::size_t count, bool written) {
  {
    const std::lock_guard lock(mutex_);
    if (error_) return Fail(*error_);
    auto* const room = rooms_ + (produced_ % kRooms) * kRoomSize;
    pieces_[produced_ % kRooms] = {offset_, {room, count}, written};
    offset_ += count;
    ++produced_;
  }
  for_consumers_.notify_all();
  return {};
}

Status BufferRing::Finish() {
  std::unique_lock lock(mutex_);
  for_producer_.wait(lock, [this] { return error_ || Slowest() == produced_; });
  if (error_) return Fail(*error_);
  return {};
}

void BufferRing::Run(std::size_t index, const Consumer& consumer) {
  for (;;) {
    Piece piece;
    {
      std::unique_lock lock(mutex_);
      for_consumers_.wait(lock, [&] { return ending_ || error_ || consumed_[index] < produced_; });
      if (ending_ || error_) return;
      piece = pieces_[consumed_[index] % kRooms];
    }
    const auto done = consumer(piece);
    {
      const std::lock_guard lock(mutex_);
      if (!done && !error_) error_ = done.error();
      ++consumed_[index];
    }
    for_producer_.notify_one();
    if (!done) for_consumers_.notify_all();
  }
}

}  // namespace ww::content
