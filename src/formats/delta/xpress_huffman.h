// The LZ77 + Huffman variant of XPRESS, as in MS-XCA 2.1 and 2.2: met in reversal data only.
#pragma once

#include "wimwright/base/bytes.h"
#include "wimwright/base/result.h"

namespace ww::delta {

// Fills `out` from blocks of 64 KiB, each with its own code. kCorrupt for anything else, bytes left
// over included.
Status DecompressXpressHuffman(ByteView in, MutableByteView out);

}  // namespace ww::delta
