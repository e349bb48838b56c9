// The two records of the preprocess buffer that managed images have (delta-formats.md 12.1).
#pragma once

#include <array>

#include "cli_layout.h"
#include "rift.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {

// How heap offsets and rows (counted from 1) of the source are numbered in the target.
struct CliMap {
  std::array<RiftTable, kCliTableStream> heaps;  // by CliStreamIndex
  std::array<RiftTable, kCliTables> tables;
  bool empty() const;
};

// The target's layout. The schema (legacy or not) is the caller's to set.
Result<CliLayout> ReadCliMetadata(BitReader& in);
Result<CliMap> ReadCliMap(BitReader& in, const Limits& limits);

}  // namespace ww::delta
