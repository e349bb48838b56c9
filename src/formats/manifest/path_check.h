// Names inside paths that come from a package.
#pragma once

#include <string_view>

namespace ww::manifest {

// Empty when `part` is a file name that Windows allows; otherwise what is wrong.
std::string_view WhatIsWrongWithPart(std::string_view part);
// The same for parts separated by single backslashes.
std::string_view WhatIsWrongWithRelativePath(std::string_view path);

}  // namespace ww::manifest
