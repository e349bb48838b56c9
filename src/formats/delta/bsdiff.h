// The program that LZMS payloads hold when they are not the target itself (delta-formats.md 7).
#pragma once

#include "wimwright/base/bytes.h"
#include "wimwright/base/result.h"

namespace ww::delta {

// Every step is three 64-bit numbers, and what it adds and inserts makes up the target: programs of
// any other length are none.
bool IsDiffProgramSize(std::uint64_t program_size, std::uint64_t target_size);

// Runs `program` over the normalised source. The target has to come out at exactly this size, which
// has passed the caller's limit, with the program used up.
Result<Bytes> RunDiffProgram(ByteView source, ByteView program, std::uint64_t target_size);

}  // namespace ww::delta
