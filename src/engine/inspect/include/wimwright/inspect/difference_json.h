// An ImageDifference as JSON: what docs/cli.md promises of `image diff`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "wimwright/inspect/image_diff.h"

namespace ww::inspect {

using Json = nlohmann::ordered_json;

Json DifferenceJson(const ImageDifference& difference);

}  // namespace ww::inspect
