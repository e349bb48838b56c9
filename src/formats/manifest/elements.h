// The one table of elements that are read by nobody here, and why that is right, and the one of
// elements that ask an installer of Windows to do something.
#pragma once

#include <string_view>

namespace ww::manifest {

// `path` is the element path below `assembly`, local names. Elements below an ignorable one are
// ignorable.
bool IsIgnorableInComponent(std::string_view path);
bool IsIgnorableInPackage(std::string_view path);

// Elements below `assembly` or `assembly/file` that windows-servicing.md 3.1 and 3.6 name as
// effects.
bool IsKnownEffect(std::string_view local_name);
bool IsKnownFileEffect(std::string_view local_name);

// Elements below `assembly` that are part of the effect "instrumentation" without changing what it
// registers.
bool IsInEventResource(std::string_view path);

// Effects whose work depends on the bytes of files too: an unchanged element alone does not mean
// that there is nothing to do. The answer says which files of the component count.
enum class ContentDependence { kNone, kNamedFile, kAllFiles };
ContentDependence DependsOnContent(std::string_view effect_name);

}  // namespace ww::manifest
