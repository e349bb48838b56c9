// The records of a PSF as members: ranges read straight from the container.
#pragma once

#include <memory>

#include "psf_index.h"
#include "wimwright/cab/members.h"

namespace ww::cab {

// What a PSF says about itself: only that it is one. kUnsupported for versions other than 2.
struct PsfHeader {
  // An index inside the PSF, as language packs have it; zero when the index travels separately.
  std::uint32_t index_offset = 0;
  std::uint32_t index_size = 0;
};
Result<PsfHeader> ReadPsfHeader(const File& psf);

// The index inside the PSF, expanded where it is a delta against nothing. kNotFound: there is none.
Result<Bytes> ReadEmbeddedPsfIndex(const File& psf);

// Every record lies inside the PSF: proved here. Records are verified as they are streamed, in the
// order of the PSF: the stored bytes against their digest, then the file against its own. Memory:
// one record and what it expands to, where it is a delta; pieces of 256 KiB otherwise.
Result<std::unique_ptr<Members>> OpenPsf(std::shared_ptr<const File> psf, PsfIndex index);

}  // namespace ww::cab
