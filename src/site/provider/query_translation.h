// Bound conditions of the object model as conditions of the database.
#pragma once

#include <optional>

#include "wimwright/cim/bind.h"
#include "wimwright/database/expression.h"

namespace ww::provider {

struct Translated {
  // What the database can decide; nothing: all rows.
  std::optional<database::Expression> where;
  // Whether that is everything. If not, each row that comes has to be asked with cim::Evaluate.
  bool complete = true;
};

// `condition` (null: everything) about instances of exactly `cls`, which stands for source `source`
// of the query. Arrays, embedded objects and date functions are not for the database; of an AND it
// gets the terms that are.
Translated Translate(const cim::BoundExpr* condition, std::size_t source,
                     const cim::ClassDeclaration& cls);

}  // namespace ww::provider
