// Which bytes of the source a later transform must leave alone (delta-formats.md 11.4).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ww::delta {

enum Marker : std::uint8_t {
  kMarkHandled = 1,    // not code, or rewritten already
  kMarkProtected = 2,  // belongs to a header or directory
};

// One byte of markers per byte of the file. Ranges are clipped to the file.
class MarkerMap {
 public:
  explicit MarkerMap(std::uint64_t file_size) : bits_(file_size) {}

  void Set(std::uint64_t offset, std::uint64_t size, unsigned markers) {
    ForRange(offset, size, [markers](std::uint8_t b) { return b | markers; });
  }
  void Clear(std::uint64_t offset, std::uint64_t size, unsigned markers) {
    ForRange(offset, size, [markers](std::uint8_t b) { return b & ~markers; });
  }
  // Bytes beyond the file have all markers.
  bool Any(std::uint64_t offset, std::uint64_t size, unsigned markers) const {
    if (offset > bits_.size() || size > bits_.size() - offset) return true;
    for (std::uint64_t i = 0; i < size; ++i) {
      if ((bits_[offset + i] & markers) != 0) return true;
    }
    return false;
  }

 private:
  template <typename F>
  void ForRange(std::uint64_t offset, std::uint64_t size, F change) {
    if (offset >= bits_.size()) return;
    const std::uint64_t end = offset + std::min<std::uint64_t>(size, bits_.size() - offset);
    for (std::uint64_t i = offset; i < end; ++i)
      bits_[i] = static_cast<std::uint8_t>(change(bits_[i]));
  }
  std::vector<std::uint8_t> bits_;
};

}  // namespace ww::delta
