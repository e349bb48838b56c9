// Many small byte strings, kept until the end, that never move and never need twice their room.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "wimwright/base/bytes.h"

namespace ww::hive {

class BytePool {
 public:
  using Place = std::uint32_t;

  // Room for `size` bytes; good as long as the pool.
  MutableByteView Add(std::size_t size, Place& place) {
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < size) {
      blocks_.emplace_back();
      blocks_.back().reserve(std::max(size, kBlock));
    }
    auto& block = blocks_.back();
    const auto at = block.size();
    place = static_cast<Place>((blocks_.size() - 1) * kBlock + at);
    block.resize(at + size);  // within its capacity
    return MutableByteView(block).subspan(at);
  }
  Place Add(ByteView bytes) {
    Place place = 0;
    std::copy(bytes.begin(), bytes.end(), Add(bytes.size(), place).begin());
    return place;
  }
  ByteView At(Place place, std::size_t size) const {
    if (size == 0) return {};  // perhaps behind the last byte of a block
    return ByteView(blocks_[place / kBlock]).subspan(place % kBlock, size);
  }

 private:
  // A larger string has a block of its own, at its start. 2 GiB of hive fill half of what a Place
  // can name even when every string wastes as much as it uses.
  static constexpr std::size_t kBlock = 1u << 20;
  std::deque<Bytes> blocks_;
};

}  // namespace ww::hive
