// Bringing a dirty hive up to date from its transaction logs.
#pragma once

#include "base_block.h"
#include "paged_file.h"

namespace ww::hive {

// Applies what `log1` and `log2` hold for the dirty hive in `file` and puts `block` (also in the
// file) into its clean state. Both formats: DIRT (until Windows 8) and HvLE (since 8.1). False: no
// log belongs to it; then nothing was changed.
Result<bool> ReplayLogs(PagedFile& file, BaseBlock& block, ByteView log1, ByteView log2);

}  // namespace ww::hive
