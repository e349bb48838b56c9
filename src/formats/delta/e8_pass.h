// The last pass over a decoded target: absolute call operands become relative again
// (delta-formats.md 10).
#pragma once

#include "wimwright/base/bytes.h"

namespace ww::delta {

// How many bytes before the end the scan stops: 4 by default, 10 in another reading.
constexpr std::uint64_t kE8Tail = 4;
constexpr std::uint64_t kE8OtherTail = 10;

// Whether the pass applies when the flag is set: the target is an x86 PE image.
bool WantsE8Pass(ByteView target);
void ApplyE8Pass(MutableByteView target, std::uint64_t tail);
// What ApplyE8Pass undoes: for an encoder.
void UndoE8Pass(MutableByteView target, std::uint64_t tail);

}  // namespace ww::delta
