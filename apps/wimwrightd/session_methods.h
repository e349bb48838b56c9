// WW_ConsoleSession: who is signed in with a browser.
#pragma once

#include <string>

#include "wimwright/accounts/sessions.h"
#include "wimwright/provider/binding.h"

namespace ww::server {

// `domain`: of local accounts. `sessions` outlives the provider.
void BindSessions(provider::Bindings& bindings, const accounts::Sessions& sessions,
                  std::string domain);

}  // namespace ww::server
