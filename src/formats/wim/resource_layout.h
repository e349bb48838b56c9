// How a compressed resource is laid out: a table of chunk offsets, then the chunks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ww::wim {

// The table has an entry for every chunk but the first: where it begins, counted from the end of
// the table; 4 bytes each, 8 when the content has 4 GiB or more. A chunk as long as its content is
// stored.
class ResourceLayout {
 public:
  // `chunk_size` 0: not compressed, no chunks.
  ResourceLayout(std::uint64_t size, std::uint32_t chunk_size)
      : size_(size),
        chunk_size_(chunk_size),
        chunks_(chunk_size == 0 ? 0 : size / chunk_size + (size % chunk_size != 0 ? 1 : 0)) {}

  std::uint32_t chunk_size() const { return chunk_size_; }
  std::uint64_t chunks() const { return chunks_; }
  std::size_t entry_size() const { return size_ > 0xFFFFFFFF ? 8 : 4; }
  std::uint64_t table_size() const { return chunks_ == 0 ? 0 : (chunks_ - 1) * entry_size(); }
  // Content bytes of one chunk.
  std::size_t chunk_length(std::uint64_t index) const {
    return static_cast<std::size_t>(
        std::min<std::uint64_t>(chunk_size_, size_ - index * chunk_size_));
  }

 private:
  std::uint64_t size_;
  std::uint32_t chunk_size_;
  std::uint64_t chunks_;
};

}  // namespace ww::wim
