// What both fuzz targets share: inputs are hives with a head that says how to treat them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base_block.h"
#include "marvin32.h"
#include "wimwright/hive/hive.h"

namespace ww::hive::fuzz {

// Bits of an input's first byte. Checksums would stop nearly every mutation at the door.
enum : unsigned { kRepairBase = 1, kRepairLogs = 2 };

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(std::as_bytes(std::span(data, size))) {}
  unsigned Byte() {
    if (rest_.empty()) return 0;
    const auto byte = std::to_integer<unsigned>(rest_.front());
    rest_ = rest_.subspan(1);
    return byte;
  }
  Bytes Take(std::size_t size) {
    const auto part = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(part.size());
    return ToBytes(part);
  }
  // u16 length, then so many bytes.
  Bytes Block() {
    const auto low = Byte();
    return Take(low | Byte() << 8);
  }
  Bytes Rest() { return Take(rest_.size()); }

 private:
  ByteView rest_;
};

inline void RepairBase(Bytes& bytes, bool clean) {
  if (bytes.size() < base::kChecked) return;
  BaseBlock block;
  std::copy_n(bytes.begin(), block.raw.size(), block.raw.begin());
  if (clean) block.Set(base::kSequence2, block.Get<std::uint32_t>(base::kSequence1));
  block.Set(base::kChecksum, block.ComputeChecksum());
  std::ranges::copy(block.raw, bytes.begin());
}

inline void RepairLog(Bytes& log) {
  RepairBase(log, false);
  for (std::size_t at = base::kChecked; at < log.size() && log.size() - at >= 40;) {
    const auto size = LoadLe<std::uint32_t>(log.data() + at + 4);
    if (size < 40 || size > log.size() - at) return;
    const auto entry = ByteView(log).subspan(at, size);
    StoreLe(log.data() + at + 24, Marvin32(kLogEntrySeed, entry.subspan(40)));
    StoreLe(log.data() + at + 32, Marvin32(kLogEntrySeed, entry.first(32)));
    at += size;
  }
}

}  // namespace ww::hive::fuzz
