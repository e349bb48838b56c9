// The registry keys and values that a component's manifest declares (windows-servicing.md 3.3).
#pragma once

#include "closure.h"
#include "registry_writer.h"

namespace ww::cbs {

Status WriteComponentRegistry(const PlannedComponent& component, VirtualState& state,
                              RegistryWriter& registry);

// Security descriptor a manifest names, as bytes; empty for "".
Result<Bytes> NamedSecurityDescriptor(const manifest::ComponentManifest& manifest,
                                      std::string_view name);

}  // namespace ww::cbs
