// What `image diff` shows of a difference (engine/inspect).
#pragma once

#include <string>

#include "session.h"
#include "wimwright/inspect/difference_json.h"
#include "wimwright/inspect/image_diff.h"
#include "windows_image.h"

namespace ww::cli {

using inspect::DifferenceJson;
using inspect::DiffImages;
using inspect::FileDifference;
using inspect::ImageDifference;
using inspect::PackageDifference;
using inspect::ValueDifference;
using inspect::ValueText;

// At most `limit` entries of each list.
std::string DifferenceText(const ImageDifference& difference, std::size_t limit);

}  // namespace ww::cli
