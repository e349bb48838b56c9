// $metadata: the schema as CSDL XML, version 4 (admin-service.md 4).
#pragma once

#include <string>

#include "edm.h"

namespace ww::adminservice {

enum class CsdlForm {
  // As the real service: static methods are called "Class.Method", which no OData identifier is.
  kDotted,
  // For tools that check: "Class_Method" (the service takes that address, too), classes without key
  // are abstract types without set, collections are not nullable.
  kStrict,
};

std::string MakeCsdl(const EdmModel& model, CsdlForm form);

}  // namespace ww::adminservice
