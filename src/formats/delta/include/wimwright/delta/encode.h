// Making deltas: RAW PA30 as the Windows library would accept it, for packages of our own.
#pragma once

#include <cstdint>

#include "wimwright/base/bytes.h"
#include "wimwright/base/clock.h"
#include "wimwright/base/result.h"

namespace ww::delta {

struct EncodeOptions {
  // CryptoAPI ALG_ID: 0 none (as manifests have it), 0x8003 MD5, 0x8004 SHA-1, 0x800C SHA-256.
  std::uint32_t hash_algorithm = 0x800C;
  FileTime target_time = 0;
  bool crc_prefix = false;  // put the CRC-32 in front, as the members of f\ and n\ have it
};

// A RAW delta from `source` (may be empty: a null delta) to `target`. Same input, same bytes.
// kUsage for a hash algorithm that cannot be computed; kLimit when source + target exceed 1 GiB.
Result<Bytes> Encode(ByteView source, ByteView target, const EncodeOptions& options = {});

// The component-store form of a manifest: DCM prefix + delta against the base manifest.
Bytes WrapDcm(ByteView pa30);

}  // namespace ww::delta
