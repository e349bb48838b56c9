// Rights: what belongs to a package stands under the package's.
#pragma once

#include "wimwright/provider/binding.h"

namespace ww::distmgr {

// Of an instance with PackageID, PkgID or ObjectID.
Result<provider::Guard> GuardOfPackage(provider::Call& call, const cim::Instance& instance);
// kObjectMissing when the caller may not even read it, kAccessDenied otherwise.
Status CheckMay(provider::Call& call, std::string_view package_id, std::uint32_t operations);

}  // namespace ww::distmgr
