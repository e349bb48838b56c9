// Registry data from the text of a component manifest (windows-servicing.md 3.3).
#pragma once

#include <cstdint>
#include <string_view>

#include "wimwright/base/bytes.h"

namespace ww::manifest {

struct RegistryData {
  std::uint32_t type = 0;  // REG_* number
  Bytes data;
};

// `value` has its $(...) macros expanded already. A type word that is not known is kUnsupported,
// text that does not fit its type kCorrupt. Strings are UTF-16LE with NUL; an empty REG_MULTI_SZ is
// one NUL.
Result<RegistryData> EncodeRegistryValue(std::string_view value_type, std::string_view value);

}  // namespace ww::manifest
