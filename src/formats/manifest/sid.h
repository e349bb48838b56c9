// Security identifiers in SDDL: S-1-... and the two-letter names.
#pragma once

#include <cstddef>
#include <string_view>

#include "wimwright/base/bytes.h"

namespace ww::manifest {

struct SidPrefix {
  Bytes sid;
  std::size_t length = 0;  // characters that belong to it
};

// The SID at the beginning of `text`; what follows it is not looked at.
Result<SidPrefix> SidAtStart(std::string_view text);

}  // namespace ww::manifest
