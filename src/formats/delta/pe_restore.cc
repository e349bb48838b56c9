#include "pe_restore.h"

#include <limits>
#include <optional>
#include <vector>

#include "pe_view.h"

namespace ww::delta {
namespace {

constexpr std::uint64_t kDebugEntry = 28;
constexpr std::uint64_t kDebugSize = 16;
constexpr std::uint64_t kDebugOffset = 24;
constexpr std::uint64_t kDirectoryStamp = 4;  // in the export directory and each debug entry

bool Fits(ByteView bytes, std::uint64_t at, std::uint64_t size) {
  return at <= bytes.size() && size <= bytes.size() - at;
}

bool DescribesNothing(const Preprocess& p) {
  return p.image_base == 0 && p.global_pointer == 0 && p.time_stamp == 0 &&
         p.target_layout.empty() && p.source_to_target.empty() && !p.target_cli;
}

std::uint64_t RoundUp(std::uint64_t value, std::uint64_t step) {
  return step == 0 ? value : (value + step - 1) / step * step;
}

// Where each section with raw data lies, by the target's layout; a section's raw data end where the
// next one's begin.
void RestoreSections(MutableByteView target, const PeView& view, const RiftTable& layout) {
  std::vector<const PeSection*> backed;
  for (const auto& s : view.sections) {
    if (s.raw_offset != 0 || s.raw_size != 0) backed.push_back(&s);
  }
  constexpr std::int64_t kMax = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t i = 0; i < backed.size(); ++i) {
    const PeSection& s = *backed[i];
    const std::int64_t start = layout.Map(s.virtual_address);
    std::int64_t size = 0;
    if (i + 1 < backed.size()) {
      size = WrapSub(layout.Map(backed[i + 1]->virtual_address), start);
    }
    if (size <= 0) {
      size = static_cast<std::int64_t>(RoundUp(s.virtual_size, view.file_alignment));
    }
    if (start < 0 || start > kMax || size > kMax) continue;
    StoreLe(target.data() + s.header_at + kSectionRawOffset, static_cast<std::uint32_t>(start));
    StoreLe(target.data() + s.header_at + kSectionRawSize, static_cast<std::uint32_t>(size));
  }
}

void ReplaceStamp(MutableByteView target, std::uint64_t at, std::uint32_t from, std::uint32_t to) {
  if (Fits(target, at, 4) && LoadLe<std::uint32_t>(target.data() + at) == from) {
    StoreLe(target.data() + at, to);
  }
}

}  // namespace

std::uint32_t PeChecksum(ByteView image) {
  std::uint64_t sum = 0;  // of 16-bit words: cannot overflow below 2^48 bytes
  std::size_t at = 0;
  for (; image.size() - at >= 2; at += 2) sum += LoadLe<std::uint16_t>(image.data() + at);
  if (at < image.size()) sum += std::to_integer<std::uint64_t>(image[at]);
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint32_t>(sum + image.size());
}

void RestoreAfterDiff(MutableByteView target, const Preprocess& preprocess,
                      bool source_has_checksum) {
  if (DescribesNothing(preprocess)) return;
  const auto view = PeView::Parse(target);
  if (!view) return;
  StoreLe(target.data() + view->time_stamp_at, preprocess.time_stamp);
  if (view->plus) {
    StoreLe(target.data() + view->image_base_at, preprocess.image_base);
  } else {
    StoreLe(target.data() + view->image_base_at, static_cast<std::uint32_t>(preprocess.image_base));
  }
  RestoreSections(target, *view, preprocess.target_layout);
  std::byte* const checksum = target.data() + view->checksum_at;
  if (LoadLe<std::uint32_t>(checksum) != 0) return;
  StoreLe(checksum, source_has_checksum ? PeChecksum(target) : preprocess.global_pointer);
}

void RestoreTimeStamps(MutableByteView target, std::uint32_t source_stamp,
                       std::uint32_t target_stamp) {
  if (source_stamp == 0 || source_stamp == target_stamp) return;
  const auto view = PeView::Parse(target);
  if (!view) return;
  const bool everywhere =
      LoadLe<std::uint32_t>(target.data() + view->time_stamp_at) == source_stamp;
  ReplaceStamp(target, view->time_stamp_at, source_stamp, target_stamp);
  const auto at = [&view](unsigned directory) -> std::optional<std::uint64_t> {
    const auto rva = view->directories[directory].rva;
    return rva == 0 ? std::nullopt : view->FileOffset(rva);
  };
  if (const auto exports = at(kDirExport)) {
    ReplaceStamp(target, *exports + kDirectoryStamp, source_stamp, target_stamp);
  }
  const auto debug = at(kDirDebug);
  if (!debug) return;
  // Entries may all name the same data: their sum is bounded by the file's size.
  std::uint64_t budget = target.size();
  for (std::uint64_t i = 0; i < view->directories[kDirDebug].size / kDebugEntry; ++i) {
    const std::uint64_t entry = *debug + i * kDebugEntry;
    if (!Fits(target, entry, kDebugEntry)) return;
    ReplaceStamp(target, entry + kDirectoryStamp, source_stamp, target_stamp);
    if (!everywhere) continue;
    const std::uint64_t size = LoadLe<std::uint32_t>(target.data() + entry + kDebugSize);
    const std::uint64_t start = LoadLe<std::uint32_t>(target.data() + entry + kDebugOffset);
    if (!Fits(target, start, size) || size > budget) continue;
    budget -= size;
    for (std::uint64_t x = start; start + size - x >= 4;) {
      const bool found = LoadLe<std::uint32_t>(target.data() + x) == source_stamp;
      if (found) StoreLe(target.data() + x, target_stamp);
      x += found ? 4 : 1;
    }
  }
}

}  // namespace ww::delta
