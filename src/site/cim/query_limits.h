// Caps that both query languages share: what a request may make us allocate.
#pragma once

#include <cstddef>

namespace ww::cim {

inline constexpr std::size_t kMaxQueryText = 256U << 10U;
inline constexpr std::size_t kMaxJoins = 16;
inline constexpr std::size_t kMaxColumns = 4096;
inline constexpr std::size_t kMaxOrderTerms = 32;
inline constexpr std::size_t kMaxListElements = 10'000;
inline constexpr std::size_t kMaxNodes = 20'000;

}  // namespace ww::cim
