// Queries: what the database can answer it answers, the rest is evaluated row by row.
#pragma once

#include "wimwright/provider/binding.h"

namespace ww::provider {

// Streams: memory does not grow with the result, unless rows have to be sorted here (over several
// classes, or after conditions that the database cannot decide) or joined.
Status RunQuery(Call& call, const Bindings& bindings, const cim::Query& query,
                const cim::InstanceSink& sink);

}  // namespace ww::provider
