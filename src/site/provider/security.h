// Administrators, as calls that are no client's.
#pragma once

#include "wimwright/provider/call.h"

namespace ww::provider {

Status MakeFullAdministrator(Call& call, std::string_view logon_name);

}  // namespace ww::provider
