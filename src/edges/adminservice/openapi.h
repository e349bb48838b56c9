// The service as an OpenAPI 3 document: every class with its list, object and methods.
#pragma once

#include <string>

#include "edm.h"

namespace ww::adminservice {

// Paths are relative to /AdminService (`servers`), so the document is the same for every host.
std::string MakeOpenApi(const EdmModel& model);

}  // namespace ww::adminservice
