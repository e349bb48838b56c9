#include "pe_view.h"

#include <algorithm>

namespace ww::delta {
namespace {

constexpr std::uint32_t kPeSignature = 0x00004550;
constexpr std::uint16_t kMagicPe32 = 0x10B;
constexpr std::uint16_t kMagicPe32Plus = 0x20B;
constexpr std::size_t kCoffHeader = 20;
constexpr std::size_t kSectionHeader = 40;
// Genuine images have a few dozen at most; lookups walk this list.
constexpr std::size_t kMaxSections = 256;

std::uint64_t SectionExtent(const PeSection& s) { return std::max(s.virtual_size, s.raw_size); }

bool Holds(const PeSection& s, std::uint32_t rva) {
  return rva >= s.virtual_address && rva - s.virtual_address < SectionExtent(s);
}

Result<PeSection> ReadSection(ByteReader& in) {
  PeSection s;
  s.header_at = in.position();
  WW_TRY(const auto name, in.Take(s.name.size()), "section header");
  std::transform(name.begin(), name.end(), s.name.begin(),
                 [](std::byte b) { return static_cast<char>(b); });
  WW_TRY(s.virtual_size, in.Le<std::uint32_t>(), "section header");
  WW_TRY(s.virtual_address, in.Le<std::uint32_t>(), "section header");
  WW_TRY(s.raw_size, in.Le<std::uint32_t>(), "section header");
  WW_TRY(s.raw_offset, in.Le<std::uint32_t>(), "section header");
  WW_RETURN_IF_ERROR(in.Skip(12));
  WW_TRY(s.characteristics, in.Le<std::uint32_t>(), "section header");
  return s;
}

// The optional header from its magic on; `in` stands at it. Leaves the directories to the caller.
Status ReadOptionalHeader(ByteReader& in, PeView& view) {
  const std::uint64_t start = in.position();
  WW_TRY(const auto magic, in.Le<std::uint16_t>(), "optional header");
  if (magic != kMagicPe32 && magic != kMagicPe32Plus) {
    return Fail(Code::kCorrupt, "not a PE image (optional header magic)");
  }
  view.plus = magic == kMagicPe32Plus;
  view.image_base_at = start + (view.plus ? 24 : 28);
  view.checksum_at = start + 64;
  view.directories_at = start + (view.plus ? 112 : 96);
  WW_RETURN_IF_ERROR(in.Seek(view.image_base_at));
  if (view.plus) {
    WW_TRY(view.image_base, in.Le<std::uint64_t>(), "optional header");
  } else {
    WW_TRY(view.image_base, in.Le<std::uint32_t>(), "optional header");
  }
  WW_RETURN_IF_ERROR(in.Seek(start + 36));
  WW_TRY(view.file_alignment, in.Le<std::uint32_t>(), "optional header");
  WW_RETURN_IF_ERROR(in.Seek(start + 56));
  WW_TRY(view.size_of_image, in.Le<std::uint32_t>(), "optional header");
  WW_TRY(view.size_of_headers, in.Le<std::uint32_t>(), "optional header");
  return in.Seek(view.directories_at - 4);
}

}  // namespace

Result<PeView> PeView::Parse(ByteView file) {
  PeView view;
  view.file_size = file.size();
  if (file.size() < 0x40 || AsText(file.first(2)) != "MZ") {
    return Fail(Code::kCorrupt, "not a PE image (no MZ header)");
  }
  ByteReader in(file);
  WW_TRY_STATUS(in.Seek(LoadLe<std::uint32_t>(file.data() + 0x3C)), "PE header");
  WW_TRY(const auto signature, in.Le<std::uint32_t>(), "PE header");
  if (signature != kPeSignature) return Fail(Code::kCorrupt, "not a PE image (no PE signature)");
  WW_TRY(const auto coff, in.Take(kCoffHeader), "COFF header");
  view.machine = LoadLe<std::uint16_t>(coff.data());
  const std::size_t section_count = LoadLe<std::uint16_t>(coff.data() + 2);
  view.time_stamp_at = in.position() - kCoffHeader + 4;
  const std::uint64_t section_table = in.position() + LoadLe<std::uint16_t>(coff.data() + 16);
  WW_TRY_STATUS(ReadOptionalHeader(in, view), "PE image");
  WW_TRY(const auto directory_count, in.Le<std::uint32_t>(), "data directories");
  for (std::size_t i = 0; i < std::min<std::size_t>(directory_count, kPeDirectories); ++i) {
    if (in.remaining() < 8) break;
    WW_TRY(view.directories[i].rva, in.Le<std::uint32_t>(), "data directories");
    WW_TRY(view.directories[i].size, in.Le<std::uint32_t>(), "data directories");
  }
  if (section_count > kMaxSections) return Fail(Code::kLimit, "PE image with over 256 sections");
  if (!in.Seek(section_table)) return view;
  for (std::size_t i = 0; i < section_count && in.remaining() >= kSectionHeader; ++i) {
    WW_TRY(auto section, ReadSection(in), "section table");
    view.sections.push_back(section);
  }
  return view;
}

std::optional<std::uint64_t> PeView::FileOffset(std::uint32_t rva) const {
  if (rva < size_of_headers) return rva;
  for (const auto& s : sections) {
    if (Holds(s, rva)) return std::uint64_t{s.raw_offset} + (rva - s.virtual_address);
  }
  return std::nullopt;
}

bool PeView::Reachable(std::uint32_t rva) const {
  if (rva == 0 || rva >= size_of_image) return false;
  return rva < size_of_headers || std::any_of(sections.begin(), sections.end(),
                                              [rva](const auto& s) { return Holds(s, rva); });
}

}  // namespace ww::delta
