// Where the signed list lies inside a catalog.
#pragma once

#include "wimwright/base/bytes.h"

namespace ww::manifest {

inline constexpr std::size_t kMaxCatalogBytes = std::size_t{64} << 20;

// The content octets of the certificate trust list: what is parsed and what the signature covers.
// Both callers use this function, so that nothing is believed that was not signed.
Result<ByteView> FindCatalogList(ByteView der);

}  // namespace ww::manifest
