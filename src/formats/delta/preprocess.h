// The preprocess buffer: what a native image's source must be told about its target
// (delta-formats.md 11.1).
#pragma once

#include <optional>

#include "cli_records.h"
#include "rift.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {

struct Preprocess {
  std::uint64_t image_base = 0;         // the target's
  std::uint32_t global_pointer = 0;     // 0 in all vectors; a restored checksum in LZMS deltas
  std::uint32_t time_stamp = 0;         // the target's, COFF header
  RiftTable target_layout;              // target RVA -> target file offset
  RiftTable source_to_target;           // source RVA -> target RVA
  std::optional<CliLayout> target_cli;  // of managed targets
  CliMap cli_map;                       // empty tables: the identity
};

Result<Preprocess> ReadPreprocess(ByteView buffer, const Limits& limits);

}  // namespace ww::delta
