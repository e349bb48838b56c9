// Every table of a site.
#pragma once

#include "wimwright/cim/schema.h"
#include "wimwright/database/schema.h"

namespace ww::provider {

// One table for each class that has instances and keys, and those of our own.
database::Schema SiteSchema(const cim::Schema& schema);

}  // namespace ww::provider
