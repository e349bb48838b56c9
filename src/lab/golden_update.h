// The golden example as an update like any other, for the updates/ folder.
#pragma once

#include "update_draft.h"

namespace ww::lab {

// Always the same, whatever the lab's preset and seed.
UpdateDraft GoldenDraft();

}  // namespace ww::lab
