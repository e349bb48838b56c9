// The registry form of installed packages and components: COMPONENTS, CBS and SideBySide
// (windows-servicing.md 5.2 to 5.5; 5.7 is the golden example).
#pragma once

#include "closure.h"
#include "registry_writer.h"

namespace ww::cbs {

// "2" for "revision"; the other digits are inferred (see the table in the implementation).
std::string_view ElevateDigit(std::string_view elevate);

// Package keys, index, detection entries, and the state of older versions. Updates `state`.
Status RegisterPackages(const Selection& selection, const PlanOptions& options, VirtualState& state,
                        RegistryWriter& registry);

// Catalogues, deployments, components and winners. Updates `state` (components, winners, stack).
Status RegisterComponents(const Closure& closure, VirtualState& state, RegistryWriter& registry);

}  // namespace ww::cbs
