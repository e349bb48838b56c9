// Reading deltas and stored files by hand: caps, and what is in front of the delta.
#pragma once

#include <filesystem>

#include "wimwright/base/file.h"
#include "wimwright/delta/store_wrapper.h"

namespace ww::cli {

inline constexpr std::uint64_t kMaxDeltaFile = 256ull << 20;
inline constexpr std::uint64_t kMaxBaseFile = 1ull << 30;

// The PA30 inside of a wrapped file (windows-servicing.md 6); the file itself when it is bare.
ByteView DeltaInside(ByteView file);

}  // namespace ww::cli
