// Everything a job writes into one open editor, up to but without the commit.
#pragma once

#include <optional>
#include <vector>

#include "job_plan.h"
#include "payload_stream.h"
#include "stored_content.h"
#include "wimwright/wim/editor.h"
#include "wimwright/wim/verify.h"

namespace ww::servicing {

inline constexpr int kPhases = 6;  // plan, payload, edit, commit, verify, publish

struct Written {
  StoredContents stored;
  // Contents and hives, each once; those from the cache with the SHA-256 that is to be proved.
  std::vector<wim::ExpectedBlob> added;
};

// Phases "payload" (which the caller has begun) and "edit". Empties the pool of the plan. Each
// image is loaded, edited and released before the next.
Result<Written> WriteChanges(JobPlan& plan, const UpdateSet& updates, wim::Editor& editor,
                             PayloadCache* cache, std::optional<PayloadFailure>& damaged,
                             const Context& context);

}  // namespace ww::servicing
