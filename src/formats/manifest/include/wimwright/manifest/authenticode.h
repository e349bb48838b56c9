// Authenticode signatures that files carry themselves: PKCS#7 signed data over a digest of the file
// (windows-servicing.md 1.1). Which bytes the digest is of is known by the file's format.
#pragma once

#include <functional>

#include "wimwright/base/hash.h"
#include "wimwright/manifest/catalog.h"

namespace ww::manifest {

inline constexpr std::size_t kMaxFileSignature = std::size_t{1} << 20;  // genuine ones: 6 to 16 KB

// Hashes the signed bytes of the file with SHA-1 or SHA-256, whatever the signature was made with.
// Its errors are passed on unchanged.
using FileHasher = std::function<Result<Bytes>(HashKind kind)>;

// Verifies `blob` (signed data, then up to seven zero bytes) as VerifySignature() does a catalog,
// then the file: `hash_file` is asked only when signer and chain are good. Everything that is wrong
// with the blob is kVerificationFailed with 0x800B0100 or 0x800B0109; 0x80096010 means that the
// file is not the one that was signed. A second signature inside the first one (dual signing) is
// not looked at.
Result<SignatureInfo> VerifyFileSignature(ByteView blob, const TrustStore& trust,
                                          const FileHasher& hash_file,
                                          const Clock& clock = SystemClock());

}  // namespace ww::manifest
