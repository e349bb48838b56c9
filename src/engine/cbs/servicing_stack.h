// What a servicing stack update changes besides its files: which stack is used
// (windows-servicing.md 5.1, 5.3, 6.1, 9.2 "copy the pattern of the existing entries").
#pragma once

#include "placement.h"
#include "registry_writer.h"

namespace ww::cbs {

// For components of the servicing stack family that become the winner; nothing for others.
// kUnsupported when the image's own entries have a form that cannot be copied.
Status ActivateServicingStack(const PlannedComponent& component, VirtualState& state,
                              RegistryWriter& registry, std::vector<FileChange>& files);

}  // namespace ww::cbs
