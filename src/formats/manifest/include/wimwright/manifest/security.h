// SDDL text -> self-relative security descriptor, as manifests name it in `sddl` attributes.
#pragma once

#include <string_view>

#include "wimwright/base/bytes.h"

namespace ww::manifest {

// Owner, group, DACL and SACL in the layout of MS-DTYP 2.4.6. Understood: ACE types A, D, OA, OD,
// AU, OU, ML, flags OI CI NP IO ID SA FA, rights as words and numbers, SIDs as S-1-... and as the
// two-letter names that do not depend on a domain. Any other construct (conditional and resource
// ACEs, domain-relative names) is kUnsupported, malformed text kCorrupt.
Result<Bytes> SddlToSecurityDescriptor(std::string_view sddl);
// The binary form of one SID, "S-1-5-18" or "SY".
Result<Bytes> SidFromText(std::string_view text);

}  // namespace ww::manifest
