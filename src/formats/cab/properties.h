// `*-pkgProperties.txt` of an MSU (windows-servicing.md 1.2).
#pragma once

#include <map>
#include <string>

#include "wimwright/base/bytes.h"

namespace ww::cab {

inline constexpr std::uint64_t kMaxPropertiesSize = 1ULL << 20;

// Lines `Key="value"`; UTF-8 or, with a byte-order mark, UTF-16LE. A line without '=' is skipped,
// of a repeated key the first stays. kCorrupt only for text that cannot be decoded.
Result<std::map<std::string, std::string>> ParseProperties(ByteView text);

}  // namespace ww::cab
