// Export and resource directories (delta-formats.md 11.6, 11.7).
#include <unordered_set>

#include "pe_pipeline.h"

namespace ww::delta {
namespace {

constexpr std::uint64_t kExportDirectorySize = 40;
constexpr std::uint64_t kResourceDirectorySize = 16;
constexpr std::uint64_t kResourceEntrySize = 8;
constexpr std::uint64_t kDataEntrySize = 16;
constexpr std::uint32_t kHighBit = 0x80000000;

// A table of `count` RVAs whose own RVA stands at `field`.
void TransformRvaTable(PeWork& work, std::uint64_t field, std::uint32_t count) {
  const auto rva = work.Load<std::uint32_t>(field);
  if (rva == 0) return;
  const auto table = work.view.FileOffset(rva);
  if (!table) return;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = *table + 4 * i;
    if (!work.Fits(at, 4) || !work.Spend(1)) return;
    work.MapField(at);
  }
}

class ResourceTree {
 public:
  ResourceTree(PeWork& work, std::uint64_t at, const PeDirectory& dir)
      : work_(work), at_(at), dir_(dir), mapped_root_(work.MapRva(dir.rva)) {}

  void Transform() {
    pending_.push_back(0);
    seen_.insert(0);
    while (!pending_.empty()) {
      const std::uint32_t relative = pending_.back();
      pending_.pop_back();
      Directory(relative);
    }
  }

 private:
  bool Inside(std::uint64_t relative, std::uint64_t size) const {
    return relative <= dir_.size && size <= dir_.size - relative &&
           work_.Fits(at_ + relative, size);
  }
  // Offsets are relative to the directory, so both ends move. The high bit is a flag.
  void MapRelative(std::uint64_t relative_field, bool keep_high_bit) {
    const std::uint64_t at = at_ + relative_field;
    const auto value = work_.Load<std::uint32_t>(at);
    const std::uint32_t flag = keep_high_bit ? value & kHighBit : 0;
    const std::uint32_t moved = work_.MapRva(dir_.rva + (value ^ flag)) - mapped_root_;
    work_.Store(at, keep_high_bit ? (moved & ~kHighBit) | flag : moved);
    work_.marks.Set(at, 4, kMarkHandled);
  }
  void Directory(std::uint32_t relative);
  void Entry(std::uint64_t entry);

  PeWork& work_;
  std::uint64_t at_;  // of the root, in the file
  PeDirectory dir_;
  std::uint32_t mapped_root_;
  std::vector<std::uint32_t> pending_;
  std::unordered_set<std::uint32_t> seen_;
};

void ResourceTree::Directory(std::uint32_t relative) {
  if (!Inside(relative, kResourceDirectorySize)) return;
  const std::uint64_t header = at_ + relative;
  const std::uint32_t count = std::uint32_t{work_.Load<std::uint16_t>(header + 12)} +
                              work_.Load<std::uint16_t>(header + 14);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t entry =
        std::uint64_t{relative} + kResourceDirectorySize + i * kResourceEntrySize;
    if (!Inside(entry, kResourceEntrySize) || !work_.Spend(1)) return;
    Entry(entry);
  }
}

void ResourceTree::Entry(std::uint64_t entry) {
  const auto name = work_.Load<std::uint32_t>(at_ + entry);
  const auto child = work_.Load<std::uint32_t>(at_ + entry + 4);
  if ((name & kHighBit) != 0) MapRelative(entry, true);
  if ((child & kHighBit) != 0) {
    const std::uint32_t relative = child & ~kHighBit;
    if (seen_.insert(relative).second) pending_.push_back(relative);
    MapRelative(entry + 4, true);
  } else if (Inside(child, kDataEntrySize)) {
    // OffsetToData is really an RVA; the library treats it like the relative offsets around it.
    MapRelative(child, false);
  }
}

}  // namespace

void TransformExports(PeWork& work) {
  const PeDirectory& dir = work.view.directories[kDirExport];
  if (dir.rva == 0) return;
  const auto at = work.view.FileOffset(dir.rva);
  if (!at || !work.Fits(*at, kExportDirectorySize)) return;
  TransformRvaTable(work, *at + 28, work.Load<std::uint32_t>(*at + 20));
  TransformRvaTable(work, *at + 32, work.Load<std::uint32_t>(*at + 24));
  for (const std::uint64_t field : {12, 28, 32, 36}) work.MapField(*at + field);
}

void TransformResources(PeWork& work) {
  const PeDirectory& dir = work.view.directories[kDirResource];
  if (dir.rva == 0) return;
  const auto at = work.view.FileOffset(dir.rva);
  if (!at) return;
  ResourceTree(work, *at, dir).Transform();
}

}  // namespace ww::delta
