// The table of sessions, which changes of accounts touch, too.
#pragma once

#include <string_view>

#include "wimwright/database/database.h"

namespace ww::accounts {

database::TableDefinition SessionTable();
// Those of one user; with `detail` only those that began with the token of that label.
Status EndSessions(database::Transaction& tx, std::string_view user, std::string_view detail);

}  // namespace ww::accounts
