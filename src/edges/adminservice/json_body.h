// Bodies of requests: JSON into objects and parameters, as forgiving as the object model's Coerce.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/cim/instance.h"
#include "wimwright/cim/schema.h"

namespace ww::adminservice {

// One object, alone (a byte order mark before it is allowed); empty text is an empty object. Depth
// at most 32. kInvalidParameter otherwise.
Result<boost::json::object> ParseJsonObject(std::string_view body);

enum class BodyUse {
  kCreate,   // what a POST makes
  kReplace,  // PUT
  kMerge,    // PATCH
};

// Sets what the body brings. Names in any case. Of the class that "@odata.type" names, which has to
// be `cls` or derive from it. Rules:
//   - "@odata.*" and "X@odata.*" annotations and the system properties of a whole object are read
//   over;
//     any other name that the class does not have is kInvalidProperty.
//   - Types as cim::Coerce: numbers and booleans as text, one element instead of an array. A date
//     with Z is a wall clock time without offset, the way the service writes it
//     (admin-service.md 6). uint8[] is base64 or an array of numbers.
//   - Embedded objects are of the class that "@odata.type" (or "__CLASS") names, else of the
//   declared
//     one, which then must not be abstract.
//   - kReplace and kMerge: null for a lazy property means "not loaded" and is not set; an empty
//   lazy
//     array likewise when the body is an object as a list shows it (__QUALIFIER_SECURITYVERBS is
//     there and null).
// Caps: 100,000 elements an array, 1 MiB of base64.
Result<cim::Instance> ReadEntity(const boost::json::object& body, const cim::ClassPtr& cls,
                                 BodyUse use, const cim::Schema& schema);

// Parameters by name into `in` (cim::NewInParameters); kInvalidMethodParameters for unknown ones.
Status ReadParameters(const boost::json::object& body, cim::Instance& in,
                      const cim::Schema& schema);

}  // namespace ww::adminservice
