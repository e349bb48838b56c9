// A job's report as the run keeps it, and back: a run that is interrupted while it publishes ends
// with the results of the work that was done before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "outcome.h"
#include "wimwright/manager/offline_servicing_manager.h"

namespace ww::manager {

// The JSON of `wimwright apply --json` with "result".
std::string RecordOf(const servicing::JobReport& report, std::string_view image);
// What ResultsOf() needs of it. Empty text is an empty report; kCorrupt for what is no report.
Result<servicing::JobReport> ReportOf(std::string_view record);

// Which files belong to which update, as staging finds it.
Status UpdatesOfReport(provider::Call& call, const ContentOfUpdate& content_of,
                       const std::vector<std::uint32_t>& updates, UpdateOfFile& files);

}  // namespace ww::manager
