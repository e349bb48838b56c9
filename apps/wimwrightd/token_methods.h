// WW_ApiToken: the API tokens of whoever calls.
#pragma once

#include "wimwright/accounts/accounts.h"
#include "wimwright/base/clock.h"
#include "wimwright/provider/binding.h"

namespace ww::server {

// `domain`: of local accounts; only these have tokens. `accounts` outlives the provider.
void BindTokens(provider::Bindings& bindings, accounts::Accounts& accounts, std::string domain,
                const Clock& clock);

}  // namespace ww::server
