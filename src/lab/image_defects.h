// Images that an engine must not service, one defect each.
#pragma once

#include "lab_context.h"

namespace ww::lab {

// All of them are variants of a small Windows 10 1607 x86, whatever the preset.
Status WriteDefectiveImages(LabContext& lab);
// Solid and split copies of images/`source`, by wimlib-imagex when it is installed, and a cut one.
Status WriteForeignForms(LabContext& lab, std::string_view source);

}  // namespace ww::lab
