// Security cells (sk): a ring of descriptors, each shared by the keys that have it.
#pragma once

#include <optional>
#include <unordered_map>

#include "cells.h"

namespace ww::hive {

struct SecurityNode {
  Cell cell;
  std::uint32_t next = kNone;
  std::uint32_t previous = kNone;
  std::uint32_t references = 0;
  std::uint32_t size = 0;
};

class Security {
 public:
  explicit Security(Cells& cells) : cells_(&cells) {}

  Result<SecurityNode> Read(std::uint32_t offset);
  Result<Bytes> Descriptor(const SecurityNode& node);
  Status AddReference(std::uint32_t offset);
  // The cell goes away with its last reference.
  Status Release(std::uint32_t offset);
  // A cell with this descriptor, made if need be, in the ring of `member`; not yet referenced.
  Result<std::uint32_t> FindOrCreate(ByteView descriptor, std::uint32_t member);

 private:
  Status BuildIndex(std::uint32_t member);

  Cells* cells_;
  std::optional<std::unordered_multimap<std::size_t, std::uint32_t>> index_;  // by hash
};

}  // namespace ww::hive
