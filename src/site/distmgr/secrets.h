// Words that open something, and what is kept of them.
#pragma once

#include <string>
#include <string_view>

#include "wimwright/base/result.h"

namespace ww::distmgr {

// 192 random bits as 48 hexadecimal digits.
Result<std::string> MakeSecret();
// SHA-256, lower-case hexadecimal: what the database keeps. Who reads it there cannot use it.
std::string DigestOf(std::string_view secret);

}  // namespace ww::distmgr
