// Making deltas as the Windows libraries would accept them, for packages of our own.
#pragma once

#include <cstdint>

#include "wimwright/base/bytes.h"
#include "wimwright/base/clock.h"
#include "wimwright/base/result.h"

namespace ww::delta {

enum class DeltaFormat { kPa30, kPa31 };

// kLzms: the target itself where there is no source, else a diff program.
enum class DeltaPayload { kPatch, kLzms };

struct EncodeOptions {
  // CryptoAPI ALG_ID: 0 none (as manifests have it), 0x8003 MD5, 0x8004 SHA-1, 0x800C SHA-256. A
  // PA31 delta with source tells the source's hash too.
  std::uint32_t hash_algorithm = 0x800C;
  FileTime target_time = 0;
  bool crc_prefix = false;  // put the CRC-32 in front, as the members of f\ and n\ have it
  DeltaFormat format = DeltaFormat::kPa30;
  DeltaPayload payload = DeltaPayload::kPatch;
  // Sources that are x86 or x64 images make a delta of their type, which the decoder applies to the
  // source as its transforms leave it; addresses are taken to have stayed where they were. Others
  // stay RAW, as all do without this.
  bool by_image = false;
};

// A delta from `source` (may be empty: a null delta) to `target`. Same input, same bytes. kUsage
// for a hash algorithm that cannot be computed; kLimit when source + target exceed 1 GiB.
Result<Bytes> Encode(ByteView source, ByteView target, const EncodeOptions& options = {});

// The component-store form of a manifest: DCM prefix + delta against the base manifest.
Bytes WrapDcm(ByteView pa30);

}  // namespace ww::delta
