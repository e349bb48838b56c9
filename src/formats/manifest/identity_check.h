// Which identities may become file and key names.
#pragma once

#include <string_view>

#include "wimwright/manifest/identity.h"

namespace ww::manifest {

// Empty when every part is safe in a keyform; otherwise what is wrong. The name may hold anything
// printable, because keyforms drop what they cannot hold; the other parts stand in them as they
// are.
std::string_view WhatIsWrong(const AssemblyIdentity& id);
// The same for packages, whose names stand in file and key names as they are.
std::string_view WhatIsWrongWithPackage(const AssemblyIdentity& id);
// References may leave language or architecture open with "*"; what something calls itself may not.
bool HasWildcard(const AssemblyIdentity& id);

}  // namespace ww::manifest
