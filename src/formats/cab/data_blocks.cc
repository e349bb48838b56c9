#include "data_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "read_only_file.h"

namespace ww::cab {
namespace {

constexpr std::size_t kBlockHeader = 8;

class StoredView final : public ReadOnlyFile {
 public:
  StoredView(std::shared_ptr<const StoredFolder> folder, std::uint64_t offset, std::uint64_t size)
      : folder_(std::move(folder)), offset_(offset), size_(size) {}

  Result<std::uint64_t> Size() const override { return size_; }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    if (offset > size_ || out.size() > size_ - offset) {
      return Fail(Code::kCorrupt, fmt::format("a stored member ends at byte {}", size_));
    }
    return folder_->ReadAt(offset_ + offset, out);
  }

 private:
  std::shared_ptr<const StoredFolder> folder_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

}  // namespace

std::uint32_t CabChecksum(ByteView data, std::uint32_t seed) {
  std::uint32_t sum = seed;
  std::size_t i = 0;
  for (; data.size() - i >= 4; i += 4) sum ^= LoadLe<std::uint32_t>(data.data() + i);
  // The last bytes are taken in the opposite order.
  std::uint32_t rest = 0;
  for (; i < data.size(); ++i) rest = rest << 8 | std::to_integer<std::uint32_t>(data[i]);
  return sum ^ rest;
}

Result<std::shared_ptr<const StoredFolder>> StoredFolder::Build(std::shared_ptr<const File> file,
                                                                const CabTables& tables,
                                                                const CabFolder& folder) {
  auto built = std::make_shared<StoredFolder>();
  built->blocks_.reserve(folder.block_count);
  std::uint64_t position = folder.data_offset;
  const std::size_t header_size = kBlockHeader + tables.data_reserve;
  for (std::size_t i = 0; i < folder.block_count; ++i) {
    if (header_size > tables.size - position) {
      return Fail(Code::kCorrupt, "a data block lies outside the cabinet");
    }
    std::array<std::byte, kBlockHeader> header;
    WW_RETURN_IF_ERROR(file->ReadAt(position, header));
    position += header_size;
    const auto stored = LoadLe<std::uint16_t>(header.data() + 4);
    const auto expanded = LoadLe<std::uint16_t>(header.data() + 6);
    if (stored != expanded || stored > kBlockSize || stored > tables.size - position) {
      return Fail(Code::kCorrupt, fmt::format("data block {} has impossible sizes", i));
    }
    built->blocks_.push_back({.position = position,
                              .start = static_cast<std::uint32_t>(built->size_),
                              .checksum = LoadLe<std::uint32_t>(header.data()),
                              .size = stored});
    position += stored;
    built->size_ += stored;
  }
  built->file_ = std::move(file);
  return std::shared_ptr<const StoredFolder>(std::move(built));
}

Status StoredFolder::ReadBlock(const Block& block, MutableByteView out) const {
  WW_RETURN_IF_ERROR(file_->ReadAt(block.position, out));
  if (block.checksum == 0) return {};  // not computed by the writer
  std::array<std::byte, 4> sizes;
  StoreLe<std::uint16_t>(sizes.data(), block.size);
  StoreLe<std::uint16_t>(sizes.data() + 2, block.size);
  if (CabChecksum(sizes, CabChecksum(out, 0)) == block.checksum) return {};
  return Fail(Code::kCorrupt, fmt::format("checksum of the data block at byte {}", block.position));
}

Status StoredFolder::ReadAt(std::uint64_t offset, MutableByteView out) const {
  if (offset > size_ || out.size() > size_ - offset) {
    return Fail(Code::kCorrupt, fmt::format("a folder has {} bytes, its members need more", size_));
  }
  if (out.empty()) return {};
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), offset,
                                [](std::uint64_t at, const Block& b) { return at < b.start; });
  --block;
  std::array<std::byte, kBlockSize> whole;
  for (; !out.empty(); ++block) {
    const auto skip = static_cast<std::size_t>(offset - block->start);
    const auto take = std::min<std::size_t>(block->size - skip, out.size());
    if (take == block->size) {
      WW_RETURN_IF_ERROR(ReadBlock(*block, out.first(take)));
    } else if (take != 0) {
      const auto bytes = MutableByteView(whole).first(block->size);
      WW_RETURN_IF_ERROR(ReadBlock(*block, bytes));
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(skip), take, out.begin());
    }
    offset += take;
    out = out.subspan(take);
  }
  return {};
}

std::shared_ptr<const File> MakeStoredView(std::shared_ptr<const StoredFolder> folder,
                                           std::uint64_t offset, std::uint64_t size) {
  return std::make_shared<StoredView>(std::move(folder), offset, size);
}

}  // namespace ww::cab
