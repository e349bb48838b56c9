// Member names: the one place where a name from a container becomes a name we pass on.
#pragma once

#include <string>
#include <string_view>

#include "wimwright/base/result.h"

namespace ww::cab {

// UTF-8 in, UTF-8 out with '\\' between components; '/' counts as separator, "." components vanish.
// kCorrupt for what could leave the folder or alias another name on Windows: "..", absolute, drive
// and device names, control and wildcard characters, components that end in a dot or blank, more
// than 255 UTF-16 units in a component, more than 32 components or 1024 bytes.
Result<std::string> NormaliseMemberName(std::string_view name);

// After the last '\\'.
std::string_view BaseName(std::string_view name);
// ASCII case is ignored.
bool EndsWithNoCase(std::string_view text, std::string_view suffix);
bool StartsWithNoCase(std::string_view text, std::string_view prefix);

}  // namespace ww::cab
