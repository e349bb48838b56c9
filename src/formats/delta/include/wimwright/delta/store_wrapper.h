// Files of the component store as they lie on disk: plain, or behind a four-byte DCx prefix.
#pragma once

#include <string_view>

#include "wimwright/base/bytes.h"
#include "wimwright/base/result.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {

enum class Wrapper {
  kNone,  // stored plainly
  kDcm,   // delta against the base manifest
  kDcn,   // delta without source
  kDcd,   // delta against another version of the file
  kDcs,   // LZMS blocks
  kDch,   // header only: recognised, refused
  kDcx,   // unknown form: recognised, refused
};

// By the first four bytes, never by name.
Wrapper DetectWrapper(ByteView file);
std::string_view WrapperName(Wrapper wrapper);  // "DCM", ...; "plain" for kNone

// A bare delta: PA30, PA31 or PA19, the first two also with a CRC-32 in front.
bool IsDelta(ByteView file);

// The plain content of a stored file. `base`: the base manifest for DCM (FindBaseManifest), the
// other version of the file for DCD; ignored for the rest. kNone returns a copy. DCM output has
// passed what can be checked here: the delta used up to the last bit, and the text begins and ends
// like an assembly. That does not prove that `base` was the right one: the caller compares the root
// assemblyIdentity with the name it asked for (delta-formats.md 3).
Result<Bytes> Unwrap(ByteView file, ByteView base, const Limits& limits = {});

}  // namespace ww::delta
