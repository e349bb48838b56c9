// What the patch buffer holds: a PseudoLZX patch, or an LZMS container with the target or with a
// diff program (delta-formats.md 7).
#pragma once

#include "container.h"
#include "rift.h"

namespace ww::delta {

enum class PayloadKind { kPatch, kDiffProgram, kTarget };

struct Payload {
  PayloadKind kind = PayloadKind::kPatch;
  Bytes target;
};

// Whether the patch buffer is a container of exactly the target's size, which needs no source.
bool HoldsTarget(const Container& c);

// `source` is the normalised source. The target's size has passed the caller's limit. Without a
// target hash the structure has to be perfect: it catches truncation and a source of another
// length.
Result<Payload> DecodePayload(ByteView source, const Container& c, const RiftTable& copy_rift,
                              const Limits& limits);

}  // namespace ww::delta
