// Update files in the containers in which updates come.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cab_signer.h"
#include "lab_context.h"
#include "update_draft.h"
#include "wimwright/lab/cab_writer.h"

namespace ww::lab {

enum class Shape {
  kMsu,        // cabinet in a cabinet
  kMsuDeltas,  // the same with intra-package deltas (Windows 7)
  kCab,        // bare cabinet
  kCabSet,     // cablist.ini and numbered cabinets in one
  kFolder,     // expanded
};

// Writes updates/<name>. Files that options.only leaves out are not made. `signing`: of MSUs with
// their cabinet, and of bare cabinets; the others are never signed.
Status WriteUpdateFile(LabContext& lab, std::string_view name, Shape shape,
                       const UpdateDraft& draft, const std::vector<UpdateMember>& members,
                       const CabOptions& options = {}, Signing signing = Signing::kNone);
// MakeMembers() and the above.
Status WriteUpdate(LabContext& lab, std::string_view name, Shape shape, const UpdateDraft& draft,
                   const CabOptions& options = {}, Signing signing = Signing::kNone);
// Any bytes as a file of updates/.
Status WriteRawUpdate(LabContext& lab, std::string_view name, ByteView bytes);

}  // namespace ww::lab
