// The copy rift of managed images (delta-formats.md 12.7).
#pragma once

#include "cli_records.h"
#include "cli_source.h"

namespace ww::delta {

// Places of the target's metadata -> places of the source's, to stand behind the pairs of the image
// pipeline. `normalised` is the source after all transforms. kLimit beyond `max_entries`.
Result<std::vector<RiftEntry>> CliCopyRift(const CliLayout& source, const CliLayout& target,
                                           const CliMap& map, ByteView normalised,
                                           std::uint64_t max_entries);

}  // namespace ww::delta
