// Reading and applying Windows binary deltas (PA30, PA31). Pure functions on buffers.
#pragma once

#include <cstdint>
#include <string>

#include "wimwright/base/bytes.h"
#include "wimwright/base/clock.h"
#include "wimwright/base/result.h"

namespace ww::delta {

// What a caller is willing to spend on one delta. Anything beyond is kLimit (delta-formats.md 17).
struct Limits {
  std::uint64_t max_target = 1ull << 30;
  std::uint64_t max_source = 1ull << 30;
  std::uint64_t max_delta = 256ull << 20;
  std::uint64_t max_rift_entries = 1ull << 20;  // per table read; computed tables: four times that
  std::uint64_t max_segments = 4096;            // sets of Huffman tables in one patch
};

// The header as stored: nothing in it is trusted or checked against the patch.
struct Header {
  std::string magic;  // "PA30" or "PA31"
  FileTime target_time = 0;
  std::uint64_t target_size = 0;
  std::uint64_t flags = 0;           // delta-formats.md 4.6
  std::uint32_t file_type_set = 0;   // delta-formats.md 4.5
  std::uint32_t file_type = 0;       // one bit of the set: the kind of the source
  std::uint32_t hash_algorithm = 0;  // CryptoAPI ALG_ID; 0: none
  Bytes target_hash;
  Bytes source_hash;     // PA31 only, may be empty; same algorithm
  bool has_crc = false;  // a CRC-32 stood in front of the magic, and matched
};

// Accepts the CRC-32 that package members carry in front of the delta (delta-formats.md 15.3); a
// CRC that does not match is kCorrupt. PA19 is kUnsupported.
Result<Header> ReadHeader(ByteView delta);

// The target that `delta` describes against `source` (empty for null deltas; the new file for
// reversal data). When the header holds a hash the result is verified against it:
// kVerificationFailed means the wrong source, or a rule of the format that we do not know. Without
// a hash the caller has to verify by other means, because a wrong source of the right length is not
// noticed (delta-formats.md 3). kUnsupported: well formed, but needs something this module does not
// do (transforms of ARM, ARM64 and IA64 code, PA19, unknown flags and codecs); the message says
// which. Thread-safe. Memory: target + about twice the source for images, target alone otherwise.
Result<Bytes> Apply(ByteView source, ByteView delta, const Limits& limits = {});

}  // namespace ww::delta
