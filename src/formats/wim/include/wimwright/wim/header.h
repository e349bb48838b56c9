// The 208-byte header at the start of a WIM: where the three tables are, and how chunks are
// compressed.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "wimwright/base/bytes.h"

namespace ww::wim {

enum class Compression { kNone, kXpress, kLzx, kLzms };

std::string_view CompressionName(Compression compression);  // "None", "XPRESS", "LZX", "LZMS"

// Flags of a resource.
inline constexpr std::uint8_t kResourceFree = 0x01;
inline constexpr std::uint8_t kResourceMetadata = 0x02;
inline constexpr std::uint8_t kResourceCompressed = 0x04;
inline constexpr std::uint8_t kResourceSpanned = 0x08;
inline constexpr std::uint8_t kResourceSolid = 0x10;

// Where the bytes of one resource are. All zero: there is none.
struct ResourceLocation {
  std::uint64_t offset = 0;       // from the start of the file
  std::uint64_t size_in_wim = 0;  // stored bytes, chunk table included; less than 2^56
  std::uint64_t size = 0;         // bytes after decompression
  std::uint8_t flags = 0;

  bool compressed() const { return (flags & kResourceCompressed) != 0; }
  bool metadata() const { return (flags & kResourceMetadata) != 0; }
  std::uint64_t end() const { return offset + size_in_wim; }  // ParseResourceLocation: no overflow
  bool operator==(const ResourceLocation&) const = default;
};

inline constexpr std::size_t kResourceLocationSize = 24;
inline constexpr std::size_t kHeaderSize = 208;

// kCorrupt when end() would overflow.
Result<ResourceLocation> ParseResourceLocation(ByteReader& in);
void StoreResourceLocation(const ResourceLocation& where, std::byte* out);  // 24 bytes

// Flags of the file.
inline constexpr std::uint32_t kFlagCompressed = 0x00000002;
inline constexpr std::uint32_t kFlagReadOnly = 0x00000004;
inline constexpr std::uint32_t kFlagSpanned = 0x00000008;
inline constexpr std::uint32_t kFlagResourceOnly = 0x00000010;
inline constexpr std::uint32_t kFlagMetadataOnly = 0x00000020;
inline constexpr std::uint32_t kFlagWriteInProgress = 0x00000040;
inline constexpr std::uint32_t kFlagReparseFix = 0x00000080;
inline constexpr std::uint32_t kFlagXpress = 0x00020000;
inline constexpr std::uint32_t kFlagLzx = 0x00040000;
inline constexpr std::uint32_t kFlagLzms = 0x00080000;
inline constexpr std::uint32_t kFlagXpress2 = 0x00200000;

struct Header {
  std::uint32_t version = 0x00010D00;
  std::uint32_t flags = 0;
  std::uint32_t chunk_size = 0;
  std::array<std::byte, 16> guid{};
  std::uint16_t part_number = 1;
  std::uint16_t total_parts = 1;
  std::uint32_t image_count = 0;
  ResourceLocation blob_table;
  ResourceLocation xml;
  ResourceLocation boot_metadata;
  std::uint32_t boot_index = 0;
  ResourceLocation integrity;
  std::array<std::byte, 60> unused{};  // kept as found

  Compression compression() const;
  bool operator==(const Header&) const = default;
};

// What this module can read is decided here: kUnsupported (with the conversion to run as next_step)
// for solid, split, pipable and resource-only files and for a file some writer left half written;
// kCorrupt for anything that is not a WIM or contradicts itself.
Result<Header> ParseHeader(ByteView bytes);
std::array<std::byte, kHeaderSize> SerialiseHeader(const Header& header);

}  // namespace ww::wim
