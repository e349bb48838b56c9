// The nearest word to a mistyped one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ww::usage {

// The candidate with the smallest edit distance (insert, delete, replace, swap of neighbours, each
// 1). Nothing when even that one shares too little with `word` to be what was meant. The first of
// equals.
std::optional<std::string> Nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace ww::usage
