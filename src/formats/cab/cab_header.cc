#include "cab_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "names.h"
#include "wimwright/base/text.h"
#include "wimwright/cab/cabinet.h"

namespace ww::cab {
namespace {

constexpr std::uint32_t kSignature = 0x4643534D;  // MSCF
constexpr std::size_t kFixedHeader = 36;
constexpr std::size_t kMaxName = 256;  // MS-CAB, without the terminator
constexpr std::uint16_t kFlagPrevious = 1;
constexpr std::uint16_t kFlagNext = 2;
constexpr std::uint16_t kFlagReserve = 4;
constexpr std::uint16_t kFirstContinuedFolder = 0xFFFD;
constexpr std::uint16_t kAttributeUtf8 = 0x80;

// A cursor over a part of a file, buffered: the tables of a cabinet have no length of their own.
class TableReader {
 public:
  TableReader(const File& file, std::uint64_t position, std::uint64_t end)
      : file_(file), next_(position), end_(end) {}

  // Valid until the next call.
  Result<ByteView> Take(std::size_t count) {
    WW_RETURN_IF_ERROR(Want(count));
    if (available() < count) return Fail(Code::kCorrupt, "the cabinet ends inside its tables");
    const ByteView out(buffer_.data() + used_, count);
    used_ += count;
    return out;
  }
  // Up to and without a NUL, which is skipped.
  Result<std::string> TakeName() {
    WW_RETURN_IF_ERROR(Want(kMaxName + 1));
    const auto text = AsText(ByteView(buffer_.data() + used_, std::min(available(), kMaxName + 1)));
    const auto length = text.find('\0');
    if (length == std::string_view::npos) return Fail(Code::kCorrupt, "member name without an end");
    used_ += length + 1;
    return std::string(text.substr(0, length));
  }

 private:
  std::size_t available() const { return buffer_.size() - used_; }
  Status Want(std::size_t count) {
    if (available() >= count || next_ == end_) return {};
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
    const auto old = buffer_.size();
    const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(64 << 10, end_ - next_));
    buffer_.resize(old + more);
    WW_RETURN_IF_ERROR(file_.ReadAt(next_, MutableByteView(buffer_).subspan(old)));
    next_ += more;
    return {};
  }

  const File& file_;
  std::uint64_t next_;
  std::uint64_t end_;
  Bytes buffer_;
  std::size_t used_ = 0;
};

struct FixedHeader {
  std::uint32_t size = 0;
  std::uint32_t files_offset = 0;
  std::uint16_t folder_count = 0;
  std::uint16_t file_count = 0;
  std::uint16_t flags = 0;
  std::uint16_t header_reserve = 0;
  std::uint8_t folder_reserve = 0;
  std::uint8_t data_reserve = 0;
};

Result<FixedHeader> ParseFixedHeader(ByteView b, std::uint64_t file_size) {
  if (LoadLe<std::uint32_t>(b.data()) != kSignature) {
    return Fail(Code::kCorrupt, "not a cabinet (no MSCF signature)");
  }
  FixedHeader h;
  h.size = LoadLe<std::uint32_t>(b.data() + 8);
  h.files_offset = LoadLe<std::uint32_t>(b.data() + 16);
  const auto version = LoadLe<std::uint16_t>(b.data() + 24);
  h.folder_count = LoadLe<std::uint16_t>(b.data() + 26);
  h.file_count = LoadLe<std::uint16_t>(b.data() + 28);
  h.flags = LoadLe<std::uint16_t>(b.data() + 30);
  if (version != 0x0103) {
    return Fail(Code::kUnsupported,
                fmt::format("cabinet version {}.{}", version >> 8, version & 0xFF));
  }
  if ((h.flags & (kFlagPrevious | kFlagNext)) != 0) {
    return Fail(Code::kUnsupported, "the cabinet is one part of a set that spans several files");
  }
  if (h.size > file_size || h.size < kFixedHeader) {
    return Fail(Code::kCorrupt,
                fmt::format("the cabinet declares {} bytes, the file has {}", h.size, file_size));
  }
  if (h.files_offset > h.size)
    return Fail(Code::kCorrupt, "the file table lies outside the cabinet");
  return h;
}

Status CheckFolder(const CabFolder& folder, std::uint64_t cabinet_size) {
  if (folder.data_offset > cabinet_size) {
    return Fail(Code::kCorrupt, "a folder's data lies outside the cabinet");
  }
  const unsigned level = folder.type >> 8;
  switch (folder.method()) {
    case Compression::kNone:
    case Compression::kMszip:
      return {};
    case Compression::kQuantum:
      if ((level & 0x1F) >= 10 && (level & 0x1F) <= 21) return {};
      break;
    case Compression::kLzx:
      if ((level & 0x1F) >= 15 && (level & 0x1F) <= 21) return {};
      break;
  }
  return Fail(Code::kUnsupported, fmt::format("compression type 0x{:04x}", folder.type));
}

Result<Member> ParseFile(TableReader& in, const CabTables& tables, CabFile& file) {
  auto fixed = in.Take(16);
  if (!fixed) return Fail(fixed.error());
  Member member;
  const std::byte* b = fixed->data();
  member.size = LoadLe<std::uint32_t>(b);
  file.offset = LoadLe<std::uint32_t>(b + 4);
  file.folder = LoadLe<std::uint16_t>(b + 8);
  member.time = FromDosTime(LoadLe<std::uint16_t>(b + 10), LoadLe<std::uint16_t>(b + 12));
  const auto attributes = LoadLe<std::uint16_t>(b + 14);
  member.attributes = attributes & ~std::uint32_t{kAttributeUtf8};
  auto name = in.TakeName();
  if (!name) return Fail(name.error());

  const bool ascii = std::all_of(name->begin(), name->end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii && (attributes & kAttributeUtf8) == 0) {
    return Fail(Code::kUnsupported,
                "a member name is in an unknown code page (not ASCII, not UTF-8)");
  }
  auto normal = NormaliseMemberName(*name);
  if (!normal) return Fail(normal.error());
  member.name = *std::move(normal);

  if (file.folder >= kFirstContinuedFolder) {
    return Fail(Code::kUnsupported, fmt::format("{} continues in another cabinet", member.name));
  }
  if (file.folder >= tables.folders.size()) {
    return Fail(Code::kCorrupt, fmt::format("{} is in folder {} of {}", member.name, file.folder,
                                            tables.folders.size()));
  }
  const auto capacity = tables.folders[file.folder].capacity();
  if (file.offset > capacity || member.size > capacity - file.offset) {
    return Fail(Code::kCorrupt, fmt::format("{} is larger than its folder", member.name));
  }
  return member;
}

// Overlaps would let a small cabinet expand without bound; no known writer makes them.
Status CheckOverlaps(const CabTables& tables) {
  std::vector<std::size_t> order(tables.files.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&tables](std::size_t a, std::size_t b) {
    const auto& x = tables.files[a];
    const auto& y = tables.files[b];
    return std::pair(x.folder, x.offset) < std::pair(y.folder, y.offset);
  });
  std::uint64_t total = 0;
  std::uint64_t end = 0;
  std::size_t folder = 0;
  for (const auto i : order) {
    const auto& file = tables.files[i];
    const auto size = tables.members[i].size;
    if (file.folder != folder) end = 0;
    folder = file.folder;
    if (size == 0) continue;
    if (file.offset < end) {
      return Fail(Code::kUnsupported,
                  fmt::format("{} overlaps another member", tables.members[i].name));
    }
    end = file.offset + size;
    total += size;  // at most 65535 times 4 GiB
  }
  if (total > kMaxExpandedSize) {
    return Fail(Code::kLimit, fmt::format("the cabinet declares {} bytes of content", total));
  }
  return {};
}

}  // namespace

FileTime FromDosTime(std::uint16_t date, std::uint16_t time) {
  const std::chrono::year_month_day ymd{std::chrono::year{1980 + (date >> 9)},
                                        std::chrono::month{(date >> 5) & 0xFU},
                                        std::chrono::day{date & 0x1FU}};
  const unsigned hour = time >> 11;
  const unsigned minute = (time >> 5) & 0x3FU;
  const unsigned second = (time & 0x1FU) * 2;
  if (!ymd.ok() || hour > 23 || minute > 59 || second > 59) return 0;
  return ToFileTime(std::chrono::sys_days{ymd} + std::chrono::hours{hour} +
                    std::chrono::minutes{minute} + std::chrono::seconds{second});
}

Result<CabTables> ReadCabTables(const File& file) {
  auto file_size = file.Size();
  if (!file_size) return Fail(file_size.error());
  if (*file_size < kFixedHeader) return Fail(Code::kCorrupt, "not a cabinet (too short)");
  Bytes fixed(kFixedHeader);
  WW_RETURN_IF_ERROR(file.ReadAt(0, fixed));
  auto header = ParseFixedHeader(fixed, *file_size);
  if (!header) return Fail(header.error());

  CabTables tables;
  tables.size = header->size;
  TableReader in(file, kFixedHeader, header->size);
  if ((header->flags & kFlagReserve) != 0) {
    auto sizes = in.Take(4);
    if (!sizes) return Fail(sizes.error());
    header->header_reserve = LoadLe<std::uint16_t>(sizes->data());
    header->folder_reserve = LoadLe<std::uint8_t>(sizes->data() + 2);
    header->data_reserve = LoadLe<std::uint8_t>(sizes->data() + 3);
    auto reserve = in.Take(header->header_reserve);
    if (!reserve) return Fail(reserve.error());
  }
  tables.data_reserve = header->data_reserve;
  tables.folders.reserve(header->folder_count);
  for (std::size_t i = 0; i < header->folder_count; ++i) {
    auto b = in.Take(std::size_t{8} + header->folder_reserve);
    if (!b) return Fail(b.error());
    const CabFolder folder{.data_offset = LoadLe<std::uint32_t>(b->data()),
                           .block_count = LoadLe<std::uint16_t>(b->data() + 4),
                           .type = LoadLe<std::uint16_t>(b->data() + 6)};
    WW_RETURN_IF_ERROR(CheckFolder(folder, header->size));
    tables.folders.push_back(folder);
  }

  // The file table has an offset of its own: writers may leave room before it.
  TableReader files(file, header->files_offset, header->size);
  for (std::size_t i = 0; i < header->file_count; ++i) {
    CabFile entry;
    auto member = ParseFile(files, tables, entry);
    if (!member) return Fail(member.error());
    tables.files.push_back(entry);
    tables.members.push_back(*std::move(member));
  }
  WW_RETURN_IF_ERROR(CheckOverlaps(tables));
  return tables;
}

}  // namespace ww::cab
