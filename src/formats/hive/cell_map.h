// Where the cells of a hive begin and which of them are allocated, as bits: 1/32 of its size.
#pragma once

#include <cstdint>
#include <vector>

namespace ww::hive {

// Offsets count from the first bin; cells begin at multiples of eight.
class CellMap {
 public:
  explicit CellMap(std::uint32_t bins_size) : starts_(bins_size / 8), unclaimed_(bins_size / 8) {}

  // In rising order of `offset`; the start of a bin is one too, so that a cell has an end.
  void AddBoundary(std::uint32_t offset) { starts_[offset / 8] = true; }
  void AddAllocated(std::uint32_t offset) {
    starts_[offset / 8] = true;
    unclaimed_[offset / 8] = true;
  }

  // False unless an allocated cell starts there that nobody claimed before.
  bool Claim(std::uint32_t offset) {
    if (offset % 8 != 0 || offset / 8 >= unclaimed_.size() || !unclaimed_[offset / 8]) return false;
    unclaimed_[offset / 8] = false;
    return true;
  }

  // Bytes behind the size field of the cell at `offset`, which is one.
  std::uint32_t Room(std::uint32_t offset) const {
    std::size_t next = offset / 8 + 1;
    while (next < starts_.size() && !starts_[next]) ++next;
    return static_cast<std::uint32_t>(next * 8) - offset - 4;
  }

  template <typename F>
  void ForEachUnclaimed(F visit) const {
    for (std::size_t i = 0; i < unclaimed_.size(); ++i) {
      if (unclaimed_[i]) visit(static_cast<std::uint32_t>(i * 8));
    }
  }

 private:
  std::vector<bool> starts_;
  std::vector<bool> unclaimed_;
};

}  // namespace ww::hive
