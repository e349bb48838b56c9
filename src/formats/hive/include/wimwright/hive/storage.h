// Where the bytes of a hive come from: a chunk-compressed WIM resource, or memory.
#pragma once

#include <cstdint>
#include <memory>

#include "wimwright/base/bytes.h"

namespace ww::hive {

// The hive reads it in aligned pieces of 32 KiB (the last one may be shorter), each at most a few
// times, and never writes to it. Reads of one hive come from one thread.
class Storage {
 public:
  virtual ~Storage() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `out` from `offset`; the range lies inside size().
  virtual Status ReadAt(std::uint64_t offset, MutableByteView out) = 0;
};

std::unique_ptr<Storage> MemoryStorage(Bytes bytes);

}  // namespace ww::hive
