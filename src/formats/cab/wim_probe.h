// Whether a WIM file carries packages (a modern MSU) or an image.
#pragma once

#include <filesystem>
#include <memory>

#include "wimwright/base/file.h"

namespace ww::cab {

// True when the only image of the WIM has packages at its root. False for everything else, also for
// files that cannot be read.
bool WimHoldsPackages(std::shared_ptr<const File> file, const std::filesystem::path& shown);

}  // namespace ww::cab
