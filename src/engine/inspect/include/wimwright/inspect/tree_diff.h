// Files that differ between two images: by content, links and metadata, never by extraction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wimwright/wim/image.h"

namespace ww::inspect {

struct FileDifference {
  std::string path;  // "\Windows\System32\a.dll"
  bool directory = false;
  // Of changed entries: "content", "streams", "attributes", "security", "reparse", "type".
  std::vector<std::string> what;
  Sha1Digest old_hash{}, new_hash{};  // of the unnamed stream; zero: none
};

struct TreeDifference {
  // Sorted as the trees are walked; entries below an added or removed directory are listed too.
  std::vector<FileDifference> added, removed, changed;
  bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

// Times do not count: they differ wherever anything else does, and alone they mean nothing.
TreeDifference DiffTrees(const wim::Image& before, const wim::Image& after);

}  // namespace ww::inspect
