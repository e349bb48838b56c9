#include "wimwright/wim/header.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec.h"

namespace ww::wim {
namespace {

constexpr std::string_view kMagic("MSWIM\0\0\0", 8);
constexpr std::string_view kPipableMagic("WLPWM\0\0\0", 8);
constexpr std::uint32_t kVersionDefault = 0x00010D00;
constexpr std::uint32_t kVersionSolid = 0x00000E00;  // also of LZMS files without solid resources

tl::unexpected<Error> Unsupported(std::string message, std::string_view next_step) {
  Error error{Code::kUnsupported, std::move(message), {}, 0};
  return Fail(error.WithNextStep(next_step));
}

Status CheckFlags(const Header& header) {
  if (header.part_number != 1 || header.total_parts != 1 || (header.flags & kFlagSpanned) != 0) {
    return Unsupported(
        fmt::format("part {} of {} of a split WIM", header.part_number, header.total_parts),
        "Join the parts first: wimlib-imagex join OUT.wim PART1.swm PART2.swm ...");
  }
  if ((header.flags & kFlagWriteInProgress) != 0) {
    return Unsupported(
        "another program was interrupted while it wrote this WIM",
        "Use an intact copy, or rebuild the file: wimlib-imagex export IN.wim all OUT.wim");
  }
  if ((header.flags & (kFlagResourceOnly | kFlagMetadataOnly)) != 0) {
    return Unsupported("a WIM that holds only resources or only metadata",
                       "Use the complete WIM that it is a part of.");
  }
  if ((header.flags & kFlagCompressed) == 0) return {};
  if ((header.flags & (kFlagXpress | kFlagLzx | kFlagLzms)) == 0) {
    return Unsupported(fmt::format("unknown compression (flags 0x{:08x})", header.flags),
                       "Convert it: wimlib-imagex export IN.wim all OUT.wim --compress=LZX");
  }
  // Chunks this large are the mark of solid files, where the table of a few of them is the whole
  // WIM.
  const bool huge = header.chunk_size > (1u << 26) && header.chunk_size <= (1u << 30);
  if (header.compression() == Compression::kLzms && huge) {
    return Unsupported(fmt::format("LZMS with chunks of {} bytes", header.chunk_size),
                       "Convert it: wimlib-imagex export IN.esd all OUT.wim --compress=LZX");
  }
  if (!ChunkSizeValid(header.compression(), header.chunk_size)) {
    return Fail(Code::kCorrupt,
                fmt::format("{} with chunks of {} bytes", CompressionName(header.compression()),
                            header.chunk_size));
  }
  return {};
}

Result<Header> ParseFields(ByteReader& in) {
  Header header;
  WW_TRY(header.version, in.Le<std::uint32_t>(), "version");
  WW_TRY(header.flags, in.Le<std::uint32_t>(), "flags");
  WW_TRY(header.chunk_size, in.Le<std::uint32_t>(), "chunk size");
  WW_TRY(const auto guid, in.Take(header.guid.size()), "GUID");
  std::copy(guid.begin(), guid.end(), header.guid.begin());
  WW_TRY(header.part_number, in.Le<std::uint16_t>(), "part number");
  WW_TRY(header.total_parts, in.Le<std::uint16_t>(), "total parts");
  WW_TRY(header.image_count, in.Le<std::uint32_t>(), "image count");
  WW_TRY(header.blob_table, ParseResourceLocation(in), "blob table");
  WW_TRY(header.xml, ParseResourceLocation(in), "XML data");
  WW_TRY(header.boot_metadata, ParseResourceLocation(in), "boot metadata");
  WW_TRY(header.boot_index, in.Le<std::uint32_t>(), "boot index");
  WW_TRY(header.integrity, ParseResourceLocation(in), "integrity table");
  WW_TRY(const auto unused, in.Take(header.unused.size()), "reserved bytes");
  std::copy(unused.begin(), unused.end(), header.unused.begin());
  return header;
}

}  // namespace

std::string_view CompressionName(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "None";
    case Compression::kXpress:
      return "XPRESS";
    case Compression::kLzx:
      return "LZX";
    case Compression::kLzms:
      return "LZMS";
  }
  return "None";
}

Compression Header::compression() const {
  if ((flags & kFlagCompressed) == 0) return Compression::kNone;
  if ((flags & kFlagLzx) != 0) return Compression::kLzx;
  if ((flags & kFlagXpress) != 0) return Compression::kXpress;
  return (flags & kFlagLzms) != 0 ? Compression::kLzms : Compression::kNone;
}

Result<ResourceLocation> ParseResourceLocation(ByteReader& in) {
  ResourceLocation where;
  WW_TRY(const auto size_and_flags, in.Le<std::uint64_t>(), "stored size");
  WW_TRY(where.offset, in.Le<std::uint64_t>(), "offset");
  WW_TRY(where.size, in.Le<std::uint64_t>(), "size");
  where.size_in_wim = size_and_flags & 0x00FFFFFFFFFFFFFF;
  where.flags = static_cast<std::uint8_t>(size_and_flags >> 56);
  // Files end before 2^63: off_t.
  constexpr std::uint64_t kMost = 1ull << 62;
  if (where.offset > kMost || where.size > kMost) {
    return Fail(Code::kCorrupt,
                fmt::format("a resource at {} of {} bytes", where.offset, where.size));
  }
  return where;
}

void StoreResourceLocation(const ResourceLocation& where, std::byte* out) {
  StoreLe<std::uint64_t>(out, where.size_in_wim | std::uint64_t{where.flags} << 56);
  StoreLe<std::uint64_t>(out + 8, where.offset);
  StoreLe<std::uint64_t>(out + 16, where.size);
}

Result<Header> ParseHeader(ByteView bytes) {
  ByteReader in(bytes);
  WW_TRY(const auto magic, in.Take(kMagic.size()), "WIM signature");
  if (AsText(magic) == kPipableMagic) {
    return Unsupported("a pipable WIM",
                       "Convert it: wimlib-imagex export IN.wim all OUT.wim --not-pipable");
  }
  if (AsText(magic) != kMagic) return Fail(Code::kCorrupt, "not a WIM (no MSWIM signature)");
  WW_TRY(const auto header_size, in.Le<std::uint32_t>(), "header size");
  if (header_size != kHeaderSize) {
    return Unsupported(fmt::format("a WIM header of {} bytes", header_size),
                       "Convert it: wimlib-imagex export IN.wim all OUT.wim --compress=LZX");
  }
  WW_TRY(const auto header, ParseFields(in), "WIM header");
  if (header.version != kVersionDefault && header.version != kVersionSolid) {
    return Unsupported(fmt::format("WIM version 0x{:08x}", header.version),
                       "Convert it: wimlib-imagex export IN.wim all OUT.wim --compress=LZX");
  }
  WW_RETURN_IF_ERROR(CheckFlags(header));
  if (header.boot_index > header.image_count) {
    return Fail(Code::kCorrupt,
                fmt::format("boot index {} of {} images", header.boot_index, header.image_count));
  }
  return header;
}

std::array<std::byte, kHeaderSize> SerialiseHeader(const Header& header) {
  std::array<std::byte, kHeaderSize> out{};
  std::byte* p = out.data();
  std::memcpy(p, kMagic.data(), kMagic.size());
  StoreLe<std::uint32_t>(p + 8, kHeaderSize);
  StoreLe<std::uint32_t>(p + 12, header.version);
  StoreLe<std::uint32_t>(p + 16, header.flags);
  StoreLe<std::uint32_t>(p + 20, header.chunk_size);
  std::copy(header.guid.begin(), header.guid.end(), p + 24);
  StoreLe<std::uint16_t>(p + 40, header.part_number);
  StoreLe<std::uint16_t>(p + 42, header.total_parts);
  StoreLe<std::uint32_t>(p + 44, header.image_count);
  StoreResourceLocation(header.blob_table, p + 48);
  StoreResourceLocation(header.xml, p + 72);
  StoreResourceLocation(header.boot_metadata, p + 96);
  StoreLe<std::uint32_t>(p + 120, header.boot_index);
  StoreResourceLocation(header.integrity, p + 124);
  std::copy(header.unused.begin(), header.unused.end(), p + 148);
  return out;
}

}  // namespace ww::wim
