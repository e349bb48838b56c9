// Looking up what another object names.
#pragma once

#include "wimwright/provider/call.h"

namespace ww::provider {

// An image or upgrade package; kObjectMissing otherwise.
Result<cim::Instance> ImageOf(Call& call, std::string_view package_id);
Result<cim::Instance> PackageOf(Call& call, std::string_view package_id);
// Object type of a package's class: kTypeImagePackage and so on; 0 for other classes.
std::uint32_t ObjectTypeOf(const cim::ClassDeclaration& cls);
// kBusy while an image is being serviced.
Status CheckNotServiced(Call& call, std::string_view package_id);

}  // namespace ww::provider
