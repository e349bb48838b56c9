// LZMS payloads: the target in a compression container, or a diff program there (delta-formats.md
// 7, 8).
#pragma once

#include "compression_container.h"

namespace ww::delta {

// `plain` in chunks of at most 1 MiB; chunks that do not get smaller are stored. kLzms or
// kXpressHuffman; of the latter, chunks are blocks of 64 KiB.
Result<Bytes> WriteCompressionContainer(ContainerCodec codec, ByteView plain);

// A program that turns `source` into `target` in one step: differences as far as both reach, the
// rest inserted.
Bytes WriteDiffProgram(ByteView source, ByteView target);

}  // namespace ww::delta
