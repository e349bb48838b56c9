// WQL with the SMS Provider's extensions (sms-provider-behaviour.md 2.1).
#pragma once

#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/cim/query.h"

namespace ww::cim {

// Keywords and names in any case. Literals: 'text' and "text" (backslash escapes a backslash or a
// quote, a doubled quote is a quote), decimal and 0x integers, reals, TRUE, FALSE, NULL.
// LEFT [OUTER] JOIN is read too, which the console's status queries use.
// kInvalidQuery with line-free position ("at character 17"); kInvalidQueryType for ASSOCIATORS OF,
// REFERENCES OF and event queries. Caps: 256 KiB of text, Expr::kMaxDepth, 16 joins, 4096 columns,
// 10,000 list elements, 20,000 nodes.
Result<Query> ParseWql(std::string_view text);

}  // namespace ww::cim
