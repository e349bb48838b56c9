// An express package: the metadata that a cabinet, WIM or folder holds, and the payload of its PSF,
// as one tree (windows-servicing.md 1.6, 1.7).
#pragma once

#include <optional>

#include "psf_members.h"
#include "wimwright/cab/psfx_target.h"

namespace ww::cab {

struct ExpressPackage {
  // Metadata; records of the PSF under their own names (f\, n\ and r\ are deltas); files that
  // PSFX.CIX makes from a record and nothing else. What an index describes stands in place of a
  // member of the metadata with the same name. The indexes themselves are left out.
  std::unique_ptr<Members> members;
  std::vector<PsfxTarget> targets;  // what needs bytes of the image
};

// The index of `metadata` that says where the PSF has its records, read and parsed. kCorrupt for
// several.
Result<PsfIndex> ReadPsfIndexOf(Members& metadata);

Result<ExpressPackage> JoinExpress(std::unique_ptr<Members> metadata, PsfIndex index,
                                   std::shared_ptr<const File> psf);

// Member names of the two indexes.
bool IsPsfIndexName(std::string_view name);
bool IsPsfxIndexName(std::string_view name);

}  // namespace ww::cab
