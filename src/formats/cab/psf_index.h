// The two indexes of an express package: `*.psf.cix.xml`, which says where a PSF has its records,
// and `PSFX.CIX`, which says what they are for (windows-servicing.md 1.6, 1.7).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cix_xml.h"
#include "wimwright/cab/psfx_target.h"

namespace ww::cab {

inline constexpr std::uint64_t kMaxPsfIndexSize = 256ULL << 20;

// One record: a range of the PSF, and the file that it is or, expanded against nothing, becomes.
// That file may again be a delta that needs a basis: its name tells (f\, r\, n\).
struct PsfRecord {
  CixFile file;
  CixSourceKind kind = CixSourceKind::kRaw;
  std::uint64_t offset = 0;
  std::uint64_t stored = 0;
  DigestValue stored_digest;
};

struct PsfIndex {
  std::string container;                // the PSF's name as the index has it
  std::optional<std::uint64_t> length;  // of the PSF
  std::vector<PsfRecord> records;
};

// kUnsupported for express packages of the kind before 1809, which offer several deltas for a file
// against bases of the running system, and for other forms that are not known.
Result<PsfIndex> ParsePsfIndex(ByteView xml);

// An entry of PSFX.CIX with `source` in place of the member it names.
struct PsfxEntry {
  PsfxTarget target;
  std::string source;  // normalised: a record of the PSF, or the predecessor's file
  bool is_delta = false;
  Sha256Digest source_digest{};
  bool has_basis = false;  // false for a delta: against nothing
};
Result<std::vector<PsfxEntry>> ParsePsfxIndex(ByteView xml);

}  // namespace ww::cab
