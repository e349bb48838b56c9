// The hashes of a file's blocks: what a receiver compares with its own files to fetch only what it
// lacks.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "wimwright/content/content_id.h"

namespace ww::content {

// 128 KiB: an appended tail costs at most one block more than its bytes, and the map of an image of
// 2 GB, which crosses the wire too, has 240 KB.
inline constexpr std::uint64_t kBlockSize = 128 << 10;
// Of the file; a map of this size has 64 MB.
inline constexpr std::uint64_t kMaxMappedSize = std::uint64_t{512} << 30;

// XXH3, 128 bits, little-endian. Fast enough to cost nothing beside SHA-256, and no defence against
// someone who makes collisions: those lead to a file whose SHA-256 is wrong, which is thrown away
// and fetched whole.
using BlockHash = std::array<std::byte, 16>;
BlockHash HashBlock(ByteView block);

struct BlockMap {
  StoredFile file;
  std::vector<BlockHash> blocks;  // of kBlockSize each; the last one may be shorter

  std::uint64_t SizeOfBlock(std::size_t index) const;
  bool operator==(const BlockMap&) const = default;
};

std::uint64_t BlockCount(std::uint64_t file_size);

// The file form (README.md): little-endian, with a checksum of its own.
Bytes EncodeBlockMap(const BlockMap& map);
// kCorrupt, kUnsupported (another version or hash), kLimit. Trailing bytes are kCorrupt.
Result<BlockMap> ParseBlockMap(ByteView bytes);

// Hashes blocks of bytes that come in order, in pieces of any size.
class BlockHasher {
 public:
  void Update(ByteView bytes);
  // The hasher is new afterwards.
  std::vector<BlockHash> Finish();

 private:
  Bytes partial_;  // a block that has come in part
  std::size_t filled_ = 0;
  std::vector<BlockHash> blocks_;
};

}  // namespace ww::content
