// Whether a WIM file carries packages (a modern MSU) or an image. Through libwim, by path: the WIM
// forms of an update are only recognised here so far.
#pragma once

#include <filesystem>

#include "wimwright/base/result.h"

namespace ww::cab {

// True when the only image of the WIM has packages at its root. False for everything else, also for
// files that libwim cannot read.
bool WimHoldsPackages(const std::filesystem::path& path);

}  // namespace ww::cab
