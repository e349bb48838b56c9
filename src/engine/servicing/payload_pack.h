// One file of the payload cache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <unordered_map>

#include "wimwright/base/file.h"
#include "wimwright/base/hash.h"
#include "wimwright/wim/editor.h"
#include "wimwright/wim/wim_file.h"

namespace ww::servicing {

// Header of 96 bytes (magic "WWPACK1\0", u32 compression, u32 chunk size, u64 contents, u64 place
// of the index, u64 size of the file, 24 zero bytes, SHA-256 of all that and the index), stored
// bytes, index: 104 bytes for each content (SHA-256, SHA-1, SHA-1 of the stored bytes, u64 place,
// u64 stored size, u64 size, u8 flags of the resource, 7 zero bytes).
struct PayloadPack {
  std::filesystem::path path;
  std::unique_ptr<File> file;
  std::uint64_t file_size = 0;
  wim::Compression compression = wim::Compression::kNone;
  std::uint32_t chunk_size = 0;
  std::unordered_map<Sha256Digest, wim::StoredBlob, DigestHash> contents;  // borrow `file`
};

// A content to be put into a pack.
struct PackedContent {
  Sha256Digest digest{};  // as manifests name it
  Sha1Digest sha1{};      // as WIM files name it
};

// kCorrupt for anything that is not a whole pack. Stored bytes are not read.
Result<PayloadPack> ReadPack(FileSystem& fs, const std::filesystem::path& path);

// No file of its own: `contents` where they lie in the file of `image`, opened once more.
Result<PayloadPack> PackOf(FileSystem& fs, const wim::WimFile& image,
                           std::span<const PackedContent> contents);

// Writes a pack of `contents` as `image` stores them to `file`, which is empty, and syncs it.
Status WritePack(const wim::WimFile& image, std::span<const PackedContent> contents, File& file);

}  // namespace ww::servicing
