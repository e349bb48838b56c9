// The gate of windows-servicing.md 3.6: what a component would have done by Windows itself, and
// whether it is the same as what its predecessor had done already.
#pragma once

#include <string>
#include <vector>

#include "wimwright/manifest/component.h"

namespace ww::cbs {

struct BlockedEffect {
  std::string kind;    // "taskScheduler", "driverUpdate", ...
  std::string reason;  // for a person
};

// Effects that are new, changed or gone against `predecessor` (nullptr: there is none) and that no
// engine without Windows can carry out. Empty: the component can be installed completely.
std::vector<BlockedEffect> BlockedEffects(const manifest::ComponentManifest& component,
                                          const manifest::ComponentManifest* predecessor);

// A service as text that is equal exactly when the definitions are.
std::string ServiceText(const manifest::Service& service);

}  // namespace ww::cbs
