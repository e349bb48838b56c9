// Ranges of a file, for asking what is in use.
#pragma once

#include <cstdint>
#include <vector>

#include "wimwright/wim/header.h"

namespace ww::wim {

class WimFile;

struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t end() const { return offset + size; }  // of resources: no overflow
};

// In order of the file; those that overlap or touch become one. Resources of a hostile file may
// overlap in any way.
std::vector<Extent> Merged(std::vector<Extent> extents);

// Where images and blobs are; with `named` (references.h) only those blobs. Not merged.
std::vector<Extent> ContentExtents(const WimFile& wim, const std::vector<bool>* named = nullptr);

}  // namespace ww::wim
