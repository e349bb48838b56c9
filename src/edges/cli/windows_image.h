// Images as the `image` commands open them (engine/inspect).
#pragma once

#include "session.h"
#include "wimwright/inspect/windows_image.h"

namespace ww::cli {

using inspect::KbOf;
using inspect::OpenImage;
using inspect::OpenImageOf;
using inspect::OpenWindowsOf;

}  // namespace ww::cli
