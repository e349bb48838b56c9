// One chunk in, one chunk out: libwim's XPRESS, LZX and LZMS, and nothing else of libwim.
#pragma once

#include <memory>

#include "wimwright/base/bytes.h"
#include "wimwright/base/handle.h"
#include "wimwright/wim/header.h"

struct wimlib_compressor;
struct wimlib_decompressor;

namespace ww::wim {

void FreeCompressor(wimlib_compressor* compressor);
void FreeDecompressor(wimlib_decompressor* decompressor);

// Whether a WIM of this compression may have chunks of this size. LZMS is held to 64 MiB, not to
// the format's 1 GiB: nobody writes that without solid resources, and a hostile header would choose
// it.
bool ChunkSizeValid(Compression compression, std::uint32_t chunk_size);

// Thread-compatible.
class Compressor {
 public:
  static Result<Compressor> Create(Compression compression, std::uint32_t chunk_size, int level);
  // The size of what was written to the start of `out`; 0: it does not fit.
  std::size_t Compress(ByteView content, MutableByteView out);

 private:
  explicit Compressor(wimlib_compressor* raw) : raw_(raw) {}
  Handle<wimlib_compressor, &FreeCompressor> raw_;
};

// Thread-compatible.
class Decompressor {
 public:
  static Result<Decompressor> Create(Compression compression, std::uint32_t chunk_size);
  // Fills `out` exactly, or kCorrupt.
  Status Decompress(ByteView stored, MutableByteView out);

 private:
  explicit Decompressor(wimlib_decompressor* raw) : raw_(raw) {}
  Handle<wimlib_decompressor, &FreeDecompressor> raw_;
};

}  // namespace ww::wim
