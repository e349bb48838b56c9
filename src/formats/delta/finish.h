// From the decoded payload to the target: E8 pass, restored fields, hash (delta-formats.md 7, 10,
// 15).
#pragma once

#include <optional>

#include "payload.h"
#include "preprocess.h"

namespace ww::delta {

// The finished target, or nothing when its hash differs under every reading of the rules that are
// in doubt. The documented reading comes first, and is the only one without a hash. `source` is the
// untouched source.
std::optional<Bytes> FinishTarget(const Header& header, ByteView source,
                                  const std::optional<Preprocess>& preprocess, Payload payload);

}  // namespace ww::delta
