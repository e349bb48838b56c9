// One edited hive of the result, proved.
#pragma once

#include "job_plan.h"
#include "wimwright/hive/hive.h"
#include "wimwright/wim/wim_file.h"

namespace ww::servicing {

// The hive stored as `content` in `file` is structurally whole, and those of `changes` that belong
// to `kind` hold. Its bytes against their SHA-1: ProveResult(). A structural check follows pointers
// all over a hive: up to 80 MB of it are kept in memory meanwhile.
Status ProveHive(const wim::WimFile& file, const Sha1Digest& content, cbs::HiveKind kind,
                 const RegistryChanges& changes, const Context& context);

// Those of `changes` that belong to `kind` hold in `hive`; of several for one name the last counts.
Status ProveRegistryChanges(hive::Hive& hive, cbs::HiveKind kind, const RegistryChanges& changes);

}  // namespace ww::servicing
