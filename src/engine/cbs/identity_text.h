// The identity text of the COMPONENTS hive, read back (windows-servicing.md 5.2.1).
#pragma once

#include <optional>
#include <string_view>

#include "wimwright/manifest/identity.h"

namespace ww::cbs {

// nothing: not an identity text.
std::optional<manifest::AssemblyIdentity> ParseIdentityText(std::string_view text);

}  // namespace ww::cbs
