// Rift tables: piecewise constant displacements between two address spaces (delta-formats.md 5.3,
// 6).
#pragma once

#include <cstdint>
#include <vector>

#include "bit_reader.h"
#include "huffman.h"

namespace ww::delta {

// Additions on the signed 64-bit ring.
constexpr std::int64_t WrapAdd(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
constexpr std::int64_t WrapSub(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

struct RiftEntry {
  std::int64_t source = 0;
  std::int64_t target = 0;
  bool operator==(const RiftEntry&) const = default;
};

// A function on the ring: from each entry's source on, positions move by target - source. Before
// the first entry the last one's displacement holds (the ring closes). Empty: the identity.
class RiftTable {
 public:
  RiftTable() = default;
  // Sorts by source, stable: of equal sources the one given last wins.
  explicit RiftTable(std::vector<RiftEntry> entries);

  const std::vector<RiftEntry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  // Index of the entry that governs x. Not for an empty table.
  std::size_t Find(std::int64_t x) const;
  std::int64_t Offset(std::int64_t x) const;
  std::int64_t Map(std::int64_t x) const { return WrapAdd(x, Offset(x)); }

 private:
  std::vector<RiftEntry> entries_;
};

// The same function for many lookups near each other: remembers the last segment.
class RiftCursor {
 public:
  explicit RiftCursor(const RiftTable& table) : table_(&table) {}
  std::int64_t Map(std::int64_t x) {
    if (!(x >= low_ && x < high_)) Seek(x);
    return WrapAdd(x, offset_);
  }

 private:
  void Seek(std::int64_t x);
  const RiftTable* table_;
  std::int64_t low_ = 0;  // offset_ holds in [low_, high_)
  std::int64_t high_ = 0;
  std::int64_t offset_ = 0;
};

// x -> second(first(x)). kLimit when the result would have more than `max_entries`.
Result<RiftTable> Multiply(const RiftTable& first, const RiftTable& second,
                           std::uint64_t max_entries);

// The inverse, as the Windows library takes it: where several segments of `table` reach the same
// place, the first one counted from 0 upwards (and then from the most negative source) wins; places
// that no segment reaches get no entry of their own.
RiftTable Reverse(const RiftTable& table);

// The code for integers inside rift tables.
class IntFormat {
 public:
  static Result<IntFormat> Read(BitReader& in);
  std::int64_t Value(BitReader& in) const;

  // The flat code, which needs no description.
  static IntFormat Default();

 private:
  explicit IntFormat(HuffmanDecoder code) : code_(std::move(code)) {}
  HuffmanDecoder code_;
};

// A count and the entries, in formats read before.
Result<RiftTable> ReadRiftBody(BitReader& in, const IntFormat& sources,
                               const IntFormat& displacements, std::uint64_t max_entries);
// Presence bit, two formats and the body. Absent: an empty table.
Result<RiftTable> ReadRift(BitReader& in, std::uint64_t max_entries);

}  // namespace ww::delta
