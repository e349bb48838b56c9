// The container of the Windows compression API: chunks behind a checked header (delta-formats.md
// 8.1).
#pragma once

#include "wimwright/base/bytes.h"
#include "wimwright/base/result.h"

namespace ww::delta {

enum class ContainerCodec : std::uint8_t {
  kMszip = 2,   // refused
  kXpress = 3,  // refused
  kXpressHuffman = 4,
  kLzms = 5,
};

struct CompressionContainer {
  ContainerCodec codec = ContainerCodec::kLzms;
  std::uint64_t plain_size = 0;
  std::uint32_t chunk_size = 0;
  ByteView chunks;  // borrowed
};

// By the first four bytes.
bool IsCompressionContainer(ByteView bytes);

// The header, whose checksum has to match. kUnsupported names a codec that is not implemented.
Result<CompressionContainer> ParseCompressionContainer(ByteView bytes);

// The plain bytes. The caller has compared plain_size with what it is willing to hold; memory grows
// chunk by chunk as they are decoded.
Result<Bytes> Expand(const CompressionContainer& container);

}  // namespace ww::delta
