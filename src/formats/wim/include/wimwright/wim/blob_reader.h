// Random access to one resource of a WIM, compressed or not.
#pragma once

#include <cstdint>
#include <memory>

#include "wimwright/base/file.h"
#include "wimwright/wim/header.h"

namespace ww::wim {

// Borrows the file, which must outlive it. Thread-compatible: one reader per thread, any number of
// readers per file. Memory: about ten chunks. What it returns is not checked against a hash.
class BlobReader {
 public:
  // `where` must lie inside of the file. `compression` and `chunk_size` are the header's.
  static Result<std::unique_ptr<BlobReader>> Open(const File& file, const ResourceLocation& where,
                                                  Compression compression,
                                                  std::uint32_t chunk_size);
  ~BlobReader();
  BlobReader(const BlobReader&) = delete;
  BlobReader& operator=(const BlobReader&) = delete;

  std::uint64_t size() const;
  // Fills `out` from `offset`; a range outside of the blob is kUsage, broken chunks are kCorrupt.
  Status ReadAt(std::uint64_t offset, MutableByteView out);

  // The chunks as they are stored, for writers that keep them. 0 chunks: not a compressed resource.
  std::uint64_t stored_chunks() const;
  Result<Bytes> ReadStoredChunk(std::uint64_t index);

 private:
  class State;
  explicit BlobReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ww::wim
