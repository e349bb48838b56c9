// The one moment at which a result becomes visible.
#pragma once

#include <filesystem>
#include <functional>

#include "job_files.h"
#include "recovery.h"
#include "wimwright/base/log.h"

namespace ww::servicing {

// Where a job's result goes, through symbolic links: the file is replaced, not the link. kUsage for
// a directory, a device or pipe, a file in a directory that does not exist, or a link that leads
// nowhere.
Result<std::filesystem::path> ResolveTarget(const std::filesystem::path& wanted);

// Gives the finished temporary file the name `target`, by an atomic rename, with the permissions
// and, as far as we may, the owner of the file it replaces. `last_check` comes directly before
// that; from then on a request to cancel comes too late.
Status PublishAs(const std::filesystem::path& target, TemporaryFile& temporary,
                 const std::function<Status()>& last_check, JobFileSystem& fs, Logger& log);

}  // namespace ww::servicing
