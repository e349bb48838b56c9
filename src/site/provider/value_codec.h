// Values of properties as cells of the database: scalars natively, arrays and embedded objects as
// JSON text.
#pragma once

#include "wimwright/cim/schema.h"
#include "wimwright/cim/value.h"
#include "wimwright/database/table.h"
#include "wimwright/database/value.h"

namespace ww::provider {

// Text columns compare without case, as all text of the provider does.
database::ColumnDefinition ColumnFor(const cim::PropertyDeclaration& property);

// Dates are kept as the clock of the site shows them, which is UTC, without an offset: so their
// text sorts by time, and REST, which knows only Z, reads what it wrote.
cim::DateTime StoredDate(const cim::DateTime& date);

// kBadValue: text with a NUL in it, or an unsigned number above 2^63 - 1, which no database column
// can hold.
Result<database::Value> ToCell(const cim::Value& value, const cim::TypeSpec& type);
// kCorrupt: the cell does not hold a value of that type.
Result<cim::Value> FromCell(const database::Value& cell, const cim::TypeSpec& type,
                            const cim::Schema& schema);

}  // namespace ww::provider
