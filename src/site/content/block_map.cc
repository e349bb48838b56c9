#include "wimwright/content/block_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ww::content {
namespace {

constexpr std::string_view kMagic = "WWBLKMAP";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint8_t kXxh3 = 1;
constexpr std::uint8_t kBlockShift = std::countr_zero(kBlockSize);
constexpr std::size_t kHeaderSize = 64;
constexpr std::size_t kChecksumSize = 8;

std::uint64_t Checksum(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace

BlockHash HashBlock(ByteView block) {
  const auto hash = XXH3_128bits(block.data(), block.size());
  BlockHash out;
  StoreLe<std::uint64_t>(out.data(), hash.low64);
  StoreLe<std::uint64_t>(out.data() + 8, hash.high64);
  return out;
}

std::uint64_t BlockCount(std::uint64_t file_size) {
  return file_size / kBlockSize + (file_size % kBlockSize != 0 ? 1 : 0);
}

std::uint64_t BlockMap::SizeOfBlock(std::size_t index) const {
  return std::min<std::uint64_t>(kBlockSize, file.bytes - index * kBlockSize);
}

Bytes EncodeBlockMap(const BlockMap& map) {
  Bytes out;
  out.reserve(kHeaderSize + map.blocks.size() * sizeof(BlockHash) + kChecksumSize);
  Append(out, AsBytes(kMagic));
  AppendLe<std::uint16_t>(out, kVersion);
  AppendLe<std::uint8_t>(out, kXxh3);
  AppendLe<std::uint8_t>(out, kBlockShift);
  AppendLe<std::uint32_t>(out, 0);
  AppendLe<std::uint64_t>(out, map.file.bytes);
  AppendLe<std::uint64_t>(out, map.blocks.size());
  Append(out, map.file.id.digest);
  for (const auto& block : map.blocks) Append(out, block);
  AppendLe<std::uint64_t>(out, Checksum(out));
  return out;
}

Result<BlockMap> ParseBlockMap(ByteView bytes) {
  ByteReader in(bytes);
  WW_TRY(const auto magic, in.Take(kMagic.size()), "block map");
  if (AsText(magic) != kMagic) return Fail(Code::kCorrupt, "this is no block map");
  WW_TRY(const auto version, in.Le<std::uint16_t>(), "block map");
  WW_TRY(const auto hash, in.Le<std::uint8_t>(), "block map");
  WW_TRY(const auto shift, in.Le<std::uint8_t>(), "block map");
  WW_TRY(const auto zero, in.Le<std::uint32_t>(), "block map");
  if (version != kVersion || hash != kXxh3 || shift != kBlockShift || zero != 0) {
    return Fail(Code::kUnsupported,
                fmt::format("a block map of version {} with hash {} and blocks of 2^{} bytes",
                            version, hash, shift));
  }
  BlockMap out;
  WW_TRY(out.file.bytes, in.Le<std::uint64_t>(), "block map");
  WW_TRY(const auto count, in.Le<std::uint64_t>(), "block map");
  if (out.file.bytes > kMaxMappedSize) {
    return Fail(Code::kLimit, fmt::format("a block map of {} bytes of content", out.file.bytes));
  }
  if (count != BlockCount(out.file.bytes)) {
    return Fail(Code::kCorrupt,
                fmt::format("{} blocks cannot be of {} bytes", count, out.file.bytes));
  }
  WW_TRY(const auto digest, in.Take(out.file.id.digest.size()), "block map");
  std::ranges::copy(digest, out.file.id.digest.begin());
  // Before anything is allocated: the count is what the bytes can hold.
  WW_TRY(const auto hashes, in.Take(count * sizeof(BlockHash)), "block map");
  const auto checksum = Checksum(bytes.first(in.position()));
  WW_TRY(const auto stored, in.Le<std::uint64_t>(), "block map");
  if (stored != checksum) return Fail(Code::kCorrupt, "the block map is damaged");
  if (!in.at_end()) return Fail(Code::kCorrupt, "bytes follow the block map");
  out.blocks.resize(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.blocks.size(); ++i) {
    std::ranges::copy(hashes.subspan(i * sizeof(BlockHash), sizeof(BlockHash)),
                      out.blocks[i].begin());
  }
  return out;
}

void BlockHasher::Update(ByteView bytes) {
  while (!bytes.empty()) {
    if (filled_ == 0 && bytes.size() >= kBlockSize) {
      blocks_.push_back(HashBlock(bytes.first(kBlockSize)));
      bytes = bytes.subspan(kBlockSize);
      continue;
    }
    partial_.resize(kBlockSize);
    const auto count = std::min(bytes.size(), partial_.size() - filled_);
    std::memcpy(partial_.data() + filled_, bytes.data(), count);
    filled_ += count;
    bytes = bytes.subspan(count);
    if (filled_ < kBlockSize) return;
    blocks_.push_back(HashBlock(partial_));
    filled_ = 0;
  }
}

std::vector<BlockHash> BlockHasher::Finish() {
  if (filled_ != 0) blocks_.push_back(HashBlock(ByteView(partial_).first(filled_)));
  filled_ = 0;
  return std::exchange(blocks_, {});
}

}  // namespace ww::content
