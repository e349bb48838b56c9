// The preprocess buffer: what a native image's source must be told about its target
// (delta-formats.md 11.1).
#pragma once

#include "rift.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {

struct Preprocess {
  std::uint64_t image_base = 0;  // the target's
  std::uint32_t time_stamp = 0;  // the target's, COFF header
  RiftTable target_layout;       // target RVA -> target file offset
  RiftTable source_to_target;    // source RVA -> target RVA
};

// kUnsupported for the records of managed images.
Result<Preprocess> ReadPreprocess(ByteView buffer, const Limits& limits);

}  // namespace ww::delta
