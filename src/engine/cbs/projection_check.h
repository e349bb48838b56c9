// Are the files of an installed component where its manifest says, and the same as their masters?
#pragma once

#include <functional>
#include <string>

#include "wimwright/cbs/image_state.h"

namespace ww::cbs {

// Calls `report` for every defect with the path and what is wrong. Answers how many hard links were
// looked at.
Result<std::uint64_t> CheckProjections(
    const ImageState& image, const manifest::ComponentManifest& component,
    const std::function<void(std::string path, std::string detail)>& report);

}  // namespace ww::cbs
