// Signed cabinets (windows-servicing.md 1.1).
#pragma once

#include <span>

#include "signer.h"
#include "wimwright/lab/cab_writer.h"

namespace ww::lab {

enum class Signing { kNone, kSha1, kSha256 };

// MakeCab(), signed by `signer`. With kNone it is MakeCab(). `options.signature` is not used.
Result<Bytes> MakeSignedCab(const Signer& signer, Signing signing,
                            std::span<const CabInput> members, CabOptions options = {});

}  // namespace ww::lab
