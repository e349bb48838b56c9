// Bound conditions on objects in memory, with the meaning that the database gives them.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "wimwright/cim/bind.h"
#include "wimwright/cim/instance.h"

namespace ww::cim {

// SQL's third value: a comparison with null.
enum class Truth { kFalse, kTrue, kUnknown };

// One object per source of the query; a null pointer is the empty side of a left join. Sub-queries
// have to be resolved before; an unresolved one is kUnknown.
Truth Evaluate(const BoundExpr& condition, std::span<const Instance* const> row);
Truth Evaluate(const BoundExpr& condition, const Instance& instance);

// Runs every sub-query (they never refer to the outer query) and puts its result into `values`.
using RunSubquery = std::function<Result<std::vector<Value>>(const BoundQuery& query)>;
Status ResolveSubqueries(BoundQuery& query, const RunSubquery& run);

// ORDER BY of two rows: null first, text without regard to case.
bool OrderLess(const std::vector<BoundOrder>& order, std::span<const Instance* const> a,
               std::span<const Instance* const> b);

// The instance as the query returns it: only selected columns, keys among them if selected.
Instance Project(const BoundQuery& query, const Instance& instance);

}  // namespace ww::cim
