// How a receiver gets a file: which ranges its own files have, and which have to be fetched.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wimwright/content/block_map.h"

namespace ww::content {

struct TransferStep {
  static constexpr int kFetch = -1;
  static constexpr int kPresent = -2;  // where it belongs already

  std::uint64_t offset = 0;  // in the target
  std::uint64_t length = 0;
  int source = kFetch;              // index of the local file
  std::uint64_t source_offset = 0;  // there
  bool operator==(const TransferStep&) const = default;
};

struct TransferPlan {
  // In the order of the target, without gap or overlap, neighbours merged.
  std::vector<TransferStep> steps;
  std::uint64_t fetch_bytes = 0;
  std::uint64_t copy_bytes = 0;
  std::uint64_t present_bytes = 0;
};

// Earlier sources are preferred; within them the block at the same offset, then the block that
// continues the step before, then any with that hash. Costs O(blocks of all). `present`: the blocks
// of the file that becomes the target, from an attempt before; only in their places do they count.
TransferPlan MakeTransferPlan(const BlockMap& target, std::span<const BlockMap* const> sources,
                              const BlockMap* present = nullptr);

}  // namespace ww::content
