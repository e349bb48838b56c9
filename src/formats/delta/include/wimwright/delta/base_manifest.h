// The dictionary of all compressed manifests, a resource of the servicing stack's wcp.dll.
#pragma once

#include "wimwright/base/bytes.h"
#include "wimwright/base/result.h"

namespace ww::delta {

// The resource of type 614, name 1, first language, of a PE image (windows-servicing.md 6.2).
// kCorrupt: not a PE image, or the resource leaves the file. kNotFound: no such resource.
Result<Bytes> FindBaseManifest(ByteView wcp_dll);

}  // namespace ww::delta
