// The instruction length decoder that the x64 transform is defined by (delta-formats.md 11.11).
#pragma once

#include "wimwright/base/bytes.h"

namespace ww::delta {

struct Amd64Instruction {
  unsigned length = 0;    // at least 1 for a window that is not empty
  unsigned relative = 0;  // where a 32-bit field relative to the next instruction starts; 0: none
};

// The instruction at the start of `window`, which ends after 15 bytes or with the function. Not a
// disassembler for people: it gives up where the Windows library's gives up (VEX, 0F 38, 0F 3A,
// ...) and then answers the bytes consumed so far, without a field.
Amd64Instruction DecodeAmd64(ByteView window);

}  // namespace ww::delta
