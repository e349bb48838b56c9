// The patch buffer: an LZ77 and prefix-code program over source and target (delta-formats.md 5).
#pragma once

#include "rift.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {

struct PatchResult {
  Bytes target;
  std::uint64_t bits_left = 0;  // 0 in every genuine patch
  std::uint64_t symbols = 0;    // literals and copies
  // Explicit tables start at the source's size in every genuine patch; false: made for a source of
  // another length.
  bool starts_at_source_end = true;
};

// `source` is the normalised source. `pipeline_rift`: places of the target -> places of the source,
// as the image pipeline computed it; empty for RAW deltas. target_size has passed the caller's
// limit.
Result<PatchResult> DecodePatch(ByteView source, ByteView patch, std::uint64_t target_size,
                                const RiftTable& pipeline_rift, const Limits& limits);

}  // namespace ww::delta
