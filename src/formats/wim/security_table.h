// The security descriptors of an image, by number.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wimwright/base/bytes.h"

namespace ww::wim {

// At the start of a metadata resource: u32 total length, u32 count, a u64 size for each, then the
// descriptors, padded to 8 bytes. Borrows the bytes it was parsed from, which must not move.
class SecurityTable {
 public:
  static Result<SecurityTable> Parse(ByteView metadata);

  // Where the root entry begins: the size of the table as it was read.
  std::size_t read_size() const { return raw_.size(); }
  std::int32_t count() const { return static_cast<std::int32_t>(views_.size()); }
  Result<ByteView> Get(std::int32_t id) const;
  // The id of an equal descriptor, or a new one.
  std::int32_t Add(ByteView descriptor);
  bool changed() const { return !added_.empty(); }

  // Multiple of 8. Without a change: the bytes that were read.
  std::uint64_t serialised_size() const;
  Bytes Serialise() const;

 private:
  ByteView raw_;
  std::vector<ByteView> views_;
  std::vector<Bytes> added_;  // their buffers do not move with the vector
  std::unordered_multimap<std::size_t, std::int32_t> by_content_;  // filled at the first Add()
};

}  // namespace ww::wim
