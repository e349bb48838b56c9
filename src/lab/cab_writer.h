// The parts of the cabinet writer that its tests look at.
#pragma once

#include "wimwright/lab/cab_writer.h"

namespace ww::lab {

std::uint32_t CabDataChecksum(ByteView data, std::uint32_t seed);
// Date in the high half, time in the low one; 1980-01-01 for what DOS cannot say.
std::uint32_t ToDosTime(FileTime time);

}  // namespace ww::lab
