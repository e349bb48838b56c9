// CFDATA blocks of uncompressed folders: random access to what a cabinet stores as it is.
#pragma once

#include <memory>
#include <vector>

#include "cab_header.h"
#include "wimwright/base/file.h"

namespace ww::cab {

// The checksum of MS-CAB over `data`, continuing from `seed`.
std::uint32_t CabChecksum(ByteView data, std::uint32_t seed);

// An uncompressed folder as one range of bytes. Immutable and thread-safe once built.
class StoredFolder {
 public:
  // Walks the block headers; kCorrupt when they leave the cabinet or contradict themselves.
  static Result<std::shared_ptr<const StoredFolder>> Build(std::shared_ptr<const File> file,
                                                           const CabTables& tables,
                                                           const CabFolder& folder);
  std::uint64_t size() const { return size_; }
  // Verifies the checksum of every block it touches (kCorrupt), where the cabinet has one.
  Status ReadAt(std::uint64_t offset, MutableByteView out) const;

 private:
  struct Block {
    std::uint64_t position = 0;  // of the data in the file
    std::uint32_t start = 0;     // in the folder
    std::uint32_t checksum = 0;
    std::uint16_t size = 0;
  };
  Status ReadBlock(const Block& block, MutableByteView out) const;

  std::shared_ptr<const File> file_;
  std::vector<Block> blocks_;
  std::uint64_t size_ = 0;
};

// One member of a stored folder as a file.
std::shared_ptr<const File> MakeStoredView(std::shared_ptr<const StoredFolder> folder,
                                           std::uint64_t offset, std::uint64_t size);

}  // namespace ww::cab
