// Where a signed cabinet has its signature, and which of its bytes are signed (windows-servicing.md
// 1.1). Verifies nothing: what the blob says is known by manifest/authenticode.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "wimwright/base/file.h"
#include "wimwright/base/progress.h"

namespace ww::cab {

// An Authenticode blob behind the cabinet, up to the end of the file.
struct CabinetSignature {
  std::uint64_t offset = 0;  // also the declared size of the cabinet
  std::uint32_t size = 0;    // not 0
};

// nullopt: not a cabinet, or one whose header names no signature. kCorrupt when the header names
// one and is not of the form that signers write. That form leaves no choice where the digest has
// its gaps: see HashSignedBytes.
Result<std::optional<CabinetSignature>> FindCabinetSignature(const File& file);

// Passes the bytes that the digest in the signature is of to `update`, in order and in pieces: the
// cabinet without reserved1 (4-7), the index in a set (34-35), the sizes of the reserved areas
// (36-39) and the head of the reserved area itself (40-55), which signing writes. Genuine signed
// files have that digest; FindCabinetSignature() proves of the gaps what could change how the
// cabinet is read.
Status HashSignedBytes(const File& file, const CabinetSignature& signature,
                       const std::function<void(ByteView)>& update,
                       const Cancellation& cancellation = NeverCancelled());

}  // namespace ww::cab
