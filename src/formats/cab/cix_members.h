// A Windows 7 package cabinet seen as the files it rebuilds.
#pragma once

#include "cix_index.h"
#include "wimwright/cab/members.h"

namespace ww::cab {

// What one Stream() may hold in memory: deltas that wait for their basis, and bases that are still
// needed. The largest public packages stay far below.
inline constexpr std::uint64_t kMaxHeldBytes = 1ULL << 30;

// Reads the index from `stored`. kNotFound when there is none; kCorrupt when the index names
// members that are not there; kUnsupported when there are members that it does not name.
Result<std::unique_ptr<Members>> OpenIntraPackageDelta(std::unique_ptr<Members> stored);

}  // namespace ww::cab
