// Taking the last job in place back.
#pragma once

#include <filesystem>

#include "wimwright/servicing/job.h"
#include "wimwright/wim/rollback.h"

namespace ww::servicing {

// wim::RollBack() as a job: not beside another one that writes the same file (kBusy). Takes
// milliseconds whatever the file's size; a request to cancel that comes before is heard.
Result<wim::RollbackResult> RollBack(const std::filesystem::path& image, const Context& context);

}  // namespace ww::servicing
