// What has to be put back into a native target that came from an LZMS payload (delta-formats.md 7).
#pragma once

#include <cstdint>

#include "preprocess.h"
#include "wimwright/base/bytes.h"

namespace ww::delta {

// Targets that are no PE images, and structures that leave the file, stay as they are: the target's
// hash judges the result.

// After a diff program: header fields, section extents and the checksum from the descriptor.
// `source_has_checksum`: the source's checksum field was not zero.
void RestoreAfterDiff(MutableByteView target, const Preprocess& preprocess,
                      bool source_has_checksum);

// After a payload that is the target: time stamps that still are the source's.
void RestoreTimeStamps(MutableByteView target, std::uint32_t source_stamp,
                       std::uint32_t target_stamp);

// The checksum of a PE image whose checksum field is zero.
std::uint32_t PeChecksum(ByteView image);

}  // namespace ww::delta
