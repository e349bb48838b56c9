// The site control file: settings of the site as items, changed through sessions and their commit
// (sms-provider-behaviour.md 9).
#pragma once

#include "wimwright/provider/call.h"

namespace ww::provider {

database::TableDefinition SiteControlSessionTable();

// The items that every site has: its definition and the offline servicing manager's component.
Status SeedSiteControl(Call& call);

// RunOfflineServicingManager: writes the request into the component's item, as a change of the
// site's configuration, and tells the component.
Status RequestServicing(Call& call, std::string_view package_id, std::uint32_t package_type);

}  // namespace ww::provider
