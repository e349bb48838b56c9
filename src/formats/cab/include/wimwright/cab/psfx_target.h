// A file that an express package describes but cannot make by itself: it needs bytes that the image
// has (windows-servicing.md 1.7, 6.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "wimwright/base/clock.h"
#include "wimwright/base/hash.h"

namespace ww::cab {

struct PsfxBasis {
  std::uint64_t length = 0;
  Sha256Digest sha256{};
};

// From `PSFX.CIX`. The basis is exactly the bytes with this digest, wherever they are found;
// without them the file cannot be made. What needs no basis is a member of the package instead.
struct PsfxTarget {
  std::string name;  // normalised; component directory and file
  std::uint64_t length = 0;
  FileTime time = 0;
  std::uint32_t attributes = 0;
  Sha256Digest sha256{};  // of the final file: to be verified whatever made it

  // The member of the package that holds the delta (delta::Apply takes it as it is). Absent for a
  // file that is carried over: its bytes are those of `basis`.
  std::optional<std::size_t> delta;
  PsfxBasis basis;
  // Carried over: the name under which the predecessor had it. A hint.
  std::string carried_from;
};

}  // namespace ww::cab
