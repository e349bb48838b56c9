// The query part of an address: OData's options, checked and turned into a query of the object
// model (admin-service.md 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/result.h"
#include "wimwright/cim/odata_filter.h"
#include "wimwright/cim/schema.h"

namespace ww::adminservice {

struct QueryOptions {
  cim::ODataOptions odata;
  bool count = false;   // $count=true
  bool strict = false;  // strict=1, of $metadata
  bool any() const;     // whether an OData option other than $select and $format was sent
};

// `query` as sent, without '?'; '+' is a blank. Names in any case. Options without '$' are for
// others and ignored. kInvalidQuery with the name: unknown options, options sent twice, $format
// other than json; kMethodNotImplemented: $expand, $search, $apply, $compute.
Result<QueryOptions> ParseOptions(std::string_view query);

// What $select leaves of an object.
struct Selection {
  std::vector<bool> properties;          // by index
  std::vector<std::string_view> system;  // of SystemNames()
  bool Has(std::size_t property) const {
    return property < properties.size() && properties[property];
  }
  bool HasSystem(std::string_view name) const;
};

// Nothing for "everything" (no $select, or one with '*'). Names in any case; system properties are
// allowed, though queries have none. kInvalidQuery for names the class does not have.
Result<std::optional<Selection>> ParseSelect(const std::optional<std::string>& select,
                                             const cim::ClassDeclaration& cls);
// The $select that asks a provider for all that `selection` needs: the keys, too, so that etag and
// path can be made.
std::string ProviderSelect(const Selection& selection, const cim::ClassDeclaration& cls);
// "(Name,PackageID)" behind the class in @odata.context.
std::string SelectList(const Selection& selection, const cim::ClassDeclaration& cls);

}  // namespace ww::adminservice
