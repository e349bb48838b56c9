// Which identities may become file and key names.
#pragma once

#include <string_view>

#include "wimwright/manifest/identity.h"

namespace ww::manifest {

// Empty when every part is safe in a keyform; otherwise what is wrong. The name may hold anything
// printable, because keyforms drop what they cannot hold; the other parts stand in them as they
// are.
std::string_view WhatIsWrong(const AssemblyIdentity& id);
// The same for packages, whose identity string with all its parts is a file name.
std::string_view WhatIsWrongWithPackage(const AssemblyIdentity& id);

}  // namespace ww::manifest
