// Whether a WIM file carries packages (a modern MSU) or an image.
#pragma once

#include <filesystem>
#include <memory>

#include "wimwright/base/file.h"

namespace ww::cab {

// True when the only image of the WIM has packages at its root. False for other images, also in
// forms of WIM that are not supported; an error for a file that is damaged.
Result<bool> WimHoldsPackages(std::shared_ptr<const File> file, const std::filesystem::path& shown);

}  // namespace ww::cab
