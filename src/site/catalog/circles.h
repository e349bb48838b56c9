// Supersedence in a circle, which no order of releases can mean.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace ww::catalog {

// (newer, older), as numbers of any kind.
using Replacements = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// Takes out every pair that lies on a circle, an update that replaces itself included, and answers
// how many there were. Were they kept, each update of a circle would count as replaced and none of
// them would ever be offered. Time and memory follow the number of pairs; the order is lost.
std::size_t DropCircles(Replacements& pairs);

}  // namespace ww::catalog
