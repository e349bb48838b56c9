// Marvin32, the hash that guards the entries of transaction logs.
#pragma once

#include <cstdint>

#include "wimwright/base/bytes.h"

namespace ww::hive {

inline constexpr std::uint64_t kLogEntrySeed = 0xC5554E7A884DEF82;
std::uint64_t Marvin32(std::uint64_t seed, ByteView bytes);

}  // namespace ww::hive
