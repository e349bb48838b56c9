// The LZMS codec of libwim, one raw stream at a time (delta-formats.md 8.2).
#pragma once

#include "wimwright/base/bytes.h"
#include "wimwright/base/result.h"

namespace ww::delta {

// What this module accepts as one stream: the largest chunk that the format knows.
constexpr std::uint64_t kMaxLzmsChunk = 64ull << 20;

// Fills `out` from one raw stream. kUnsupported for fewer than three bytes: libwim 1.13.6 reads
// wild addresses when asked for them, whatever the input. kLimit beyond kMaxLzmsChunk.
Status DecompressLzms(ByteView in, MutableByteView out);

}  // namespace ww::delta
