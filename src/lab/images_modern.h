#pragma once

#include "lab_context.h"

namespace ww::lab {

// Windows 10 1809 and Windows 11 24H2.
Status WriteModernImages(LabContext& lab);

}  // namespace ww::lab
