// In which order updates are tried, and which of them stand or fall together
// (windows-servicing.md 1.3, 1.8, 9.3 step 3).
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "wimwright/cbs/image_state.h"
#include "wimwright/cbs/update_content.h"

namespace ww::cbs {

// Servicing stacks; enablement packages, so that cumulative updates bring them to their level (an
// enablement that needs a cumulative update waits for it); checkpoints, ascending; cumulative
// updates, the newest of a family first, so that the older ones are superseded by it and need no
// work; the rest; .NET. Positions in `updates`.
std::vector<std::size_t> OrderOfUpdates(std::span<const UpdateContent* const> updates);

// `update` must not be installed when `earlier` was refused: the servicing stack that came in the
// same file, a checkpoint of the same family and a lower version.
bool StandsOn(const UpdateContent& update, const UpdateContent& earlier);

// The build that a cumulative update brings, as far as its version says ("26100.1742.1.10").
std::optional<WindowsVersion> BuildOf(const UpdateContent& update);

// What cumulative updates call the image: an enablement package raises its build (26100 to 26200,
// 19041 to 19045; 1.9), and the packages of the product and their updates keep the one below.
WindowsVersion ServicedVersion(const WindowsVersion& image,
                               const std::map<std::string, PackageRecord>& packages);

// Both are numbers, and `build` is the lower one.
bool IsLowerBuild(const std::string& build, const std::string& other);

// Less than 0: `version` is older than the image. Nothing: not of the same build, not comparable.
std::optional<int> CompareToImage(const WindowsVersion& version, const WindowsVersion& image);

}  // namespace ww::cbs
