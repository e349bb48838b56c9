// Reversal data: what turns the new file back into the old one (delta-formats.md 13).
#pragma once

#include "wimwright/base/bytes.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {

// `reference` is the new file as it is: images are not normalised in this direction. target_size
// has passed the caller's limit. Public knowledge of this form comes from one source, and no
// genuine data were at hand: only the target hash proves a result.
Result<Bytes> ApplyReversal(ByteView reference, ByteView data, std::uint64_t target_size,
                            const Limits& limits);

}  // namespace ww::delta
