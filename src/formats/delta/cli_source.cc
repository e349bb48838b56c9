#include "cli_source.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace ww::delta {
namespace {

constexpr std::uint64_t kCliHeader = 24;  // up to the field behind the metadata's directory
constexpr std::uint32_t kMetadataSignature = 0x424A5342;  // "BSJB"
constexpr std::size_t kMaxStreamName = 32;
constexpr std::uint16_t kMaxStreams = 64;
constexpr std::uint64_t kTableStreamHeader = 24;
constexpr std::uint16_t kCodeTypeMask = 3;  // of a method's implementation flags; 0: CIL
constexpr std::uint64_t kFatHeader = 12;

std::optional<unsigned> StreamByName(std::string_view name) {
  constexpr std::array<std::string_view, kCliStreams> kNames = {"#Strings", "#US", "#Blob", "#GUID",
                                                                "#~"};
  if (name == "#-") return kCliTableStream;  // not sorted; the tables are the same
  const auto at = std::find(kNames.begin(), kNames.end(), name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<unsigned>(at - kNames.begin());
}

Result<ByteView> FindMetadata(const PeView& view, ByteView image, std::uint64_t& at) {
  const auto header = view.FileOffset(view.directories[kDirCli].rva);
  if (!header) return Fail(Code::kCorrupt, "CLI header outside the sections");
  WW_TRY(const auto cli, Slice(image, *header, kCliHeader), "CLI header");
  const auto metadata = view.FileOffset(LoadLe<std::uint32_t>(cli.data() + 8));
  if (!metadata) return Fail(Code::kCorrupt, "metadata outside the sections");
  at = *metadata;
  return Slice(image, *metadata, LoadLe<std::uint32_t>(cli.data() + 12));
}

// `in` stands at a stream's name, inside `metadata`.
Result<std::string_view> ReadStreamName(ByteReader& in, ByteView metadata) {
  const auto rest = AsText(metadata.subspan(in.position()));
  const auto length = rest.substr(0, kMaxStreamName).find('\0');
  if (length == std::string_view::npos) return Fail(Code::kCorrupt, "endless name of a stream");
  WW_RETURN_IF_ERROR(
      in.Skip(std::min<std::uint64_t>((length + 4) & ~std::uint64_t{3}, in.remaining())));
  return rest.substr(0, length);
}

Status ReadStreams(ByteView metadata, std::uint64_t at, CliLayout& layout) {
  ByteReader in(metadata);
  WW_TRY(const auto signature, in.Le<std::uint32_t>(), "metadata");
  if (signature != kMetadataSignature) return Fail(Code::kCorrupt, "metadata without signature");
  WW_RETURN_IF_ERROR(in.Skip(8));
  WW_TRY(const auto version, in.Le<std::uint32_t>(), "metadata");
  WW_RETURN_IF_ERROR(in.Skip((std::uint64_t{version} + 3) & ~std::uint64_t{3}));
  WW_RETURN_IF_ERROR(in.Skip(2));
  WW_TRY(const auto count, in.Le<std::uint16_t>(), "metadata");
  if (count > kMaxStreams) return Fail(Code::kLimit, "metadata with over 64 streams");
  for (unsigned i = 0; i < count; ++i) {
    WW_TRY(const auto offset, in.Le<std::uint32_t>(), "metadata stream");
    WW_TRY(const auto size, in.Le<std::uint32_t>(), "metadata stream");
    WW_TRY(const auto name, ReadStreamName(in, metadata), "metadata stream");
    if (offset > metadata.size() || size > metadata.size() - offset) {
      return Fail(Code::kCorrupt, "metadata stream leaves the metadata");
    }
    if (const auto known = StreamByName(name)) {
      if (layout.streams[*known].size != 0) {
        return Fail(Code::kCorrupt, "metadata stream named twice");
      }
      layout.streams[*known] = {static_cast<std::uint32_t>(at + offset), size};
    }
  }
  return {};
}

Status ReadTableHeader(ByteView tables, CliLayout& layout) {
  ByteReader in(tables);
  WW_RETURN_IF_ERROR(in.Skip(6));
  WW_TRY(const auto heaps, in.Le<std::uint8_t>(), "metadata tables");
  WW_RETURN_IF_ERROR(in.Skip(1));
  WW_TRY(layout.valid, in.Le<std::uint64_t>(), "metadata tables");
  WW_RETURN_IF_ERROR(in.Seek(kTableStreamHeader));
  if ((heaps & 0x40) != 0) return Fail(Code::kUnsupported, "metadata tables with extra data");
  if (layout.valid >> kCliKnownTables != 0) {
    return Fail(Code::kUnsupported, "metadata with unknown tables");
  }
  layout.wide_strings = (heaps & 1) != 0;
  layout.wide_guids = (heaps & 2) != 0;
  layout.wide_blobs = (heaps & 4) != 0;
  for (unsigned t = 0; t < kCliKnownTables; ++t) {
    if ((layout.valid >> t & 1) == 0) continue;
    WW_TRY(layout.rows[t], in.Le<std::uint32_t>(), "metadata tables");
  }
  return {};
}

}  // namespace

bool IsManaged(const PeView& view) { return view.directories[kDirCli].present(); }

Result<CliLayout> ReadSourceCli(const PeView& view, ByteView image, bool legacy) {
  std::uint64_t at = 0;
  WW_TRY(const auto metadata, FindMetadata(view, image, at), "managed image");
  if (at > 0xFFFFFFFF - metadata.size()) return Fail(Code::kLimit, "metadata beyond 4 GiB");
  CliLayout layout;
  layout.legacy_generic_param = legacy;
  WW_TRY_STATUS(ReadStreams(metadata, at, layout), "managed image");
  const CliStream tables = layout.streams[kCliTableStream];
  WW_TRY_STATUS(ReadTableHeader(image.subspan(tables.offset, tables.size), layout),
                "managed image");
  layout.Derive();
  if (layout.tables_end > std::uint64_t{tables.offset} + tables.size) {
    return Fail(Code::kCorrupt, "managed image: metadata tables leave their stream");
  }
  return layout;
}

std::optional<MethodBody> FindMethodBody(const PeView& view, ByteView image,
                                         const CliLayout& layout, std::uint32_t row) {
  const std::byte* cells = image.data() + layout.table_at[kCliMethodDef] +
                           std::uint64_t{row} * layout.row_size[kCliMethodDef];
  const auto rva = LoadLe<std::uint32_t>(cells);
  if (rva == 0 || (LoadLe<std::uint16_t>(cells + 4) & kCodeTypeMask) != 0) return std::nullopt;
  const auto section =
      std::find_if(view.sections.begin(), view.sections.end(), [rva](const PeSection& s) {
        return rva >= s.virtual_address && rva - s.virtual_address < s.raw_size;
      });
  if (section == view.sections.end()) return std::nullopt;
  MethodBody body;
  body.header = std::uint64_t{section->raw_offset} + (rva - section->virtual_address);
  const std::uint64_t limit =
      std::min<std::uint64_t>(image.size(), std::uint64_t{section->raw_offset} + section->raw_size);
  if (body.header >= limit) return std::nullopt;
  const auto first = std::to_integer<std::uint8_t>(image[body.header]);
  std::uint64_t header = 1;
  std::uint64_t size = first >> 2;
  if ((first & 3) == 3) {
    if (limit - body.header < kFatHeader) return std::nullopt;
    header = 4 * (std::uint64_t{LoadLe<std::uint16_t>(image.data() + body.header)} >> 12);
    if (header < kFatHeader) return std::nullopt;
    size = LoadLe<std::uint32_t>(image.data() + body.header + 4);
  } else if ((first & 3) != 2) {
    return std::nullopt;
  }
  if (header > limit - body.header || size > limit - body.header - header) return std::nullopt;
  body.code = body.header + header;
  body.end = body.code + size;
  return body;
}

}  // namespace ww::delta
