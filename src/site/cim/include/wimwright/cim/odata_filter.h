// OData's $filter, $select, $orderby, $top and $skip as the administration service takes them
// (admin-service.md 5), into the same tree as WQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/cim/query.h"

namespace ww::cim {

// Values of the options after percent-decoding; nothing for an option that was not sent.
struct ODataOptions {
  std::optional<std::string> filter;
  std::optional<std::string> select;
  std::optional<std::string> orderby;
  std::optional<std::string> top;
  std::optional<std::string> skip;
};

// eq ne gt ge lt le, and or not, parentheses, in (...); contains, startswith, endswith, also in the
// form `... eq true`; tolower, toupper; P/any(x: ...) with or-connected conditions on x alone;
// null, true, false, 'text' with doubled quotes, numbers, dates, guids; a boolean property alone.
// An `and` inside any() is refused (kInvalidQuery): our trees ask arrays one condition at a time.
// The same caps as ParseWql.
Result<ExprPtr> ParseODataFilter(std::string_view text);

// All options together as a query on one class.
Result<Query> ParseODataQuery(std::string_view class_name, const ODataOptions& options);

}  // namespace ww::cim
