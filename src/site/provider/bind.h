// The provider's own bindings: one function for each group of the schema.
#pragma once

#include "wimwright/provider/binding.h"

namespace ww::provider {

void BindPackages(Bindings& bindings);
void BindImages(Bindings& bindings);
void BindServicing(Bindings& bindings);
void BindSchedules(Bindings& bindings);
void BindUpdates(Bindings& bindings);
void BindDistribution(Bindings& bindings);
void BindSite(Bindings& bindings);
void BindSiteControl(Bindings& bindings);
void BindStatusMessages(Bindings& bindings);
void BindLocks(Bindings& bindings);
void BindSecurity(Bindings& bindings);
void BindFolders(Bindings& bindings);

}  // namespace ww::provider
