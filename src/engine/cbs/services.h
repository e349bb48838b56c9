// Services and SvcHost groups of a component as registry values (windows-servicing.md 3.4).
#pragma once

#include "closure.h"
#include "registry_writer.h"

namespace ww::cbs {

// kUnsupported for words whose registry form is not known.
Status WriteServices(const PlannedComponent& component, VirtualState& state,
                     RegistryWriter& registry);

}  // namespace ww::cbs
