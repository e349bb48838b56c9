// Which blobs the images of a file name.
#pragma once

#include <vector>

#include "wimwright/wim/wim_file.h"

namespace ww::wim {

// For every blob of the table whether an image names it; what the table itself counts is often
// wrong in files found in the wild. Loads one image at a time. Names of content that the file does
// not have are left alone.
Result<std::vector<bool>> NamedBlobs(const WimFile& wim);

}  // namespace ww::wim
