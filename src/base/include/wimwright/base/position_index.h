// Looks things up that lie in a list, without keeping their names a second time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ww {

// A hash table of positions: eight bytes an entry, a third to a half of the table is free. Whoever
// owns the list gives the hash of what is looked for, and says whether what stands at a position is
// it. Fewer than 2^32 - 1 positions. Nothing is ever removed.
class PositionIndex {
 public:
  std::size_t size() const { return used_; }

  void Reserve(std::size_t count) {
    std::size_t slots = kLeast;
    while (count > Room(slots)) slots *= 2;
    if (slots > slots_.size()) Grow(slots);
  }

  // The position with this hash for which `same(position)` holds.
  template <typename Same>
  std::optional<std::size_t> Find(std::size_t hash, const Same& same) const {
    if (slots_.empty()) return std::nullopt;
    const auto wanted = Fold(hash);
    for (auto at = wanted & mask(); slots_[at].position != kFree; at = (at + 1) & mask()) {
      if (slots_[at].hash == wanted && same(std::size_t{slots_[at].position})) {
        return slots_[at].position;
      }
    }
    return std::nullopt;
  }

  // `position` is not in the index under a name of its own yet: Find() first.
  void Add(std::size_t hash, std::size_t position) {
    Reserve(used_ + 1);
    Put({Fold(hash), static_cast<std::uint32_t>(position)});
    ++used_;
  }

 private:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;
  static constexpr std::size_t kLeast = 16;
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t position = kFree;
  };

  static constexpr std::size_t Room(std::size_t slots) { return slots / 3 * 2; }
  static std::uint32_t Fold(std::size_t hash) {
    const auto wide = static_cast<std::uint64_t>(hash);
    return static_cast<std::uint32_t>(wide ^ (wide >> 32));
  }
  std::size_t mask() const { return slots_.size() - 1; }

  void Put(const Slot& slot) {
    auto at = slot.hash & mask();
    while (slots_[at].position != kFree) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void Grow(std::size_t slots) {
    std::vector<Slot> old(slots);
    old.swap(slots_);
    for (const auto& slot : old) {
      if (slot.position != kFree) Put(slot);
    }
  }

  std::vector<Slot> slots_;  // a power of two of them
  std::size_t used_ = 0;
};

}  // namespace ww
