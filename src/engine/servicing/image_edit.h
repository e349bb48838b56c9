// Everything a job writes into one open editor, up to but without the commit.
#pragma once

#include <optional>
#include <vector>

#include "job_plan.h"
#include "payload_stream.h"
#include "stored_content.h"
#include "wimwright/wim/editor.h"

namespace ww::servicing {

inline constexpr int kPhases = 6;  // plan, payload, edit, commit, verify, publish

struct Written {
  StoredContents stored;
  std::vector<Sha1Digest> added;  // contents and hives, each once
};

// Phases "payload" (which the caller has begun) and "edit". Empties the pool of the plan. Each
// image is loaded, edited and released before the next.
Result<Written> WriteChanges(JobPlan& plan, const UpdateSet& updates, wim::Editor& editor,
                             std::optional<PayloadFailure>& damaged, const Context& context);

}  // namespace ww::servicing
