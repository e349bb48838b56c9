// What catalog.cc binds and other files do.
#pragma once

#include "wimwright/catalog/catalog.h"
#include "wimwright/provider/call.h"

namespace ww::catalog {

// The update is going: what only it replaced is no longer superseded.
Status Unrelate(provider::Call& call, std::uint32_t ci_id);

}  // namespace ww::catalog
