// The report of a job as JSON: the members that docs/cli.md promises for `plan` and `apply`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "wimwright/servicing/job.h"

namespace ww::servicing {

using Json = nlohmann::ordered_json;

// {"code", "hresult", "symbol", "message", "next_step"}
Json ErrorJson(const Error& error);

// "image", "output", "indexes", "bytes", "seconds", and where they apply "cache", "ignored_files",
// "error". The names are shown as given.
Json ReportJson(const JobReport& report, std::string_view image, std::string_view output);

}  // namespace ww::servicing
