// Text of an element that depends on nothing but its meaning (windows-servicing.md 3.6).
#pragma once

#include <string>
#include <string_view>

#include "xml.h"

namespace ww::manifest {

// Local names with their namespace where it differs from the parent's, attributes sorted by name,
// text trimmed, no comments. `own_version` is replaced by "{version}" wherever it stands as a whole
// version. Linear in the size of the element, without recursion.
// `left_out` (null: nothing) tells which elements below `top` count as absent.
std::string CanonicalText(pugi::xml_node top, std::string_view own_version,
                          bool (*left_out)(pugi::xml_node) = nullptr);

// `text` with whole occurrences of `version` replaced: "1.2.3.4" is not found in "11.2.3.4" or
// "1.2.3.4.5".
std::string WithoutVersion(std::string_view text, std::string_view version);

}  // namespace ww::manifest
