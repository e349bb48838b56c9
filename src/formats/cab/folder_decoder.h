// One folder of a cabinet as one stream of bytes, decompressed by libmspack.
#pragma once

#include <functional>

#include "cab_header.h"
#include "wimwright/base/file.h"

namespace ww::cab {

using ByteConsumer = std::function<Status(ByteView)>;

// Expands the first `length` bytes of `folder` and hands them to `consumer` in pieces of at most 32
// KiB. Block checksums are verified. An error of the consumer stops the decoder and is returned
// unchanged; damaged data is kCorrupt. Memory: the window (2 MiB at most) and a read buffer.
Status DecodeFolder(const File& file, const CabTables& tables, const CabFolder& folder,
                    std::uint64_t length, const ByteConsumer& consumer);

}  // namespace ww::cab
