// From what the database has to what the program wants.
#pragma once

#include "connection.h"
#include "wimwright/database/schema.h"

namespace ww::database {

// See Database::Define. The connection has no transaction open.
Status ApplySchema(Connection& connection, const Schema& schema);

// The definition as one text, from which its digest is made and to which the next one is compared:
// a line per column ("name type flags") and per index.
std::string CanonicalText(const TableDefinition& table);

}  // namespace ww::database
