#include "wimwright/wim/space.h"

#include <algorithm>

#include "extents.h"

namespace ww::wim {
namespace {

void Include(const ResourceLocation& where, std::vector<Extent>& out) {
  if (where.size_in_wim != 0) out.push_back({where.offset, where.size_in_wim});
}

}  // namespace

std::vector<Extent> Merged(std::vector<Extent> extents) {
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.offset < b.offset; });
  std::vector<Extent> merged;
  for (const auto& extent : extents) {
    if (merged.empty() || extent.offset > merged.back().end()) {
      merged.push_back(extent);
    } else if (extent.end() > merged.back().end()) {
      merged.back().size = extent.end() - merged.back().offset;
    }
  }
  return merged;
}

std::vector<Extent> ContentExtents(const WimFile& wim, const std::vector<bool>* named) {
  std::vector<Extent> extents;
  extents.reserve(wim.blobs().size() + wim.blobs().metadata().size() + 1);
  Include(wim.header().boot_metadata, extents);
  for (const auto& blob : wim.blobs().metadata()) Include(blob.where, extents);
  const auto blobs = wim.blobs().blobs();
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    if (named == nullptr || (*named)[i]) Include(blobs[i].where, extents);
  }
  return extents;
}

SpaceUse MeasureSpace(const WimFile& wim) {
  auto extents = ContentExtents(wim);
  extents.push_back({0, kHeaderSize});
  Include(wim.header().blob_table, extents);
  Include(wim.header().xml, extents);
  Include(wim.header().integrity, extents);
  SpaceUse use;
  use.file_bytes = wim.file_size();  // WimFile::Open() has proved that all of it lies inside
  for (const auto& extent : Merged(std::move(extents))) use.live_bytes += extent.size;
  return use;
}

}  // namespace ww::wim
