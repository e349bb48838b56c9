// The plan of an installation media as JSON and as text.
#pragma once

#include "session.h"
#include "wimwright/servicing/media.h"

namespace ww::cli {

// Prints everything, as text and, with --json, as the object; answers the exit code.
int ReportMedia(Session& session, const servicing::MediaReport& report, const std::string& media);

}  // namespace ww::cli
