// Who replaces whom, whatever came into the site first.
#pragma once

#include <string>
#include <vector>

#include "wimwright/catalog/description.h"
#include "wimwright/provider/call.h"

namespace ww::catalog {

// Makes `names` (GUIDs, identities) known as this update's; a name that another update has stays
// with that one. Updates that said before that they replace one of them are related now.
Status AddNames(provider::Call& call, std::uint32_t ci_id, const std::vector<std::string>& names);
// The update of that name.
Result<std::optional<std::uint32_t>> FindByName(provider::Call& call, std::string_view name);

// What the update says it replaces: those the site has at once, others when they come.
Status AddSuperseded(provider::Call& call, std::uint32_t ci_id,
                     const std::vector<std::string>& names);
// What follows from the packages themselves: same family, higher version, a target in common.
Status RelateByPackage(provider::Call& call, std::uint32_t ci_id,
                       const PackageDescription& package);

// A relation of type 6, and IsSuperseded of the older one.
Status Relate(provider::Call& call, std::uint32_t newer, std::uint32_t older);

}  // namespace ww::catalog
