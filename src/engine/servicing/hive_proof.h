// One edited hive of the result, read once as a whole and proved.
#pragma once

#include <filesystem>

#include "job_plan.h"
#include "wimwright/hive/hive.h"
#include "wimwright/wim/wim_file.h"

namespace ww::servicing {

// The hive stored as `content` in `file`: its bytes match their SHA-1, it is structurally whole,
// and those of `changes` that belong to `kind` hold. It is spooled to an unnamed file in
// `scratch_dir` (memory where that cannot be had): a structural check follows pointers all over a
// hive, and decompressing a chunk for every step costs minutes on a hive of 80 MB. The spool does
// not count as traffic of the job. `progress` advances by the size of the hive.
Status ProveHive(const wim::WimFile& file, const Sha1Digest& content, cbs::HiveKind kind,
                 const RegistryChanges& changes, const std::filesystem::path& scratch_dir,
                 Progress& progress, const Context& context);

// Those of `changes` that belong to `kind` hold in `hive`; of several for one name the last counts.
Status ProveRegistryChanges(hive::Hive& hive, cbs::HiveKind kind, const RegistryChanges& changes);

}  // namespace ww::servicing
