// One class as one table: every property is a column, the keys are the key.
#pragma once

#include <string>
#include <vector>

#include "value_codec.h"
#include "wimwright/cim/instance.h"
#include "wimwright/cim/object_path.h"
#include "wimwright/database/expression.h"
#include "wimwright/database/select.h"

namespace ww::provider {

// A class is stored when it can have instances of its own and these have keys.
bool IsStored(const cim::ClassDeclaration& cls);

// Tables carry the names of their classes. Properties that people search by are indexed.
database::TableDefinition TableOf(const cim::ClassDeclaration& cls);

std::vector<std::string> ColumnNames(const cim::ClassDeclaration& cls);
Result<database::Row> ToRow(const cim::Instance& instance);

// `properties`: which ones the row has, in order. Those are set.
Result<cim::Instance> FromRow(std::span<const database::Value> row, const cim::ClassPtr& cls,
                              const std::vector<std::size_t>& properties,
                              const cim::Schema& schema);

// The row of a canonical path.
Result<database::Expression> KeyCondition(const cim::ObjectPath& path,
                                          const cim::ClassDeclaration& cls);

}  // namespace ww::provider
