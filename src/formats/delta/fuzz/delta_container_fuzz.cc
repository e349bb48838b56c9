// Expands a compression container: as it is, and once more without its header's checksum in the
// way. Then u8 codec, u32 plain size, u32 chunk size, chunks.
#include <algorithm>
#include <span>

#include "compression_container.h"

namespace {

constexpr std::uint32_t kMaxPlain = 1u << 20;

void ExpandWithin(const ww::delta::CompressionContainer& container) {
  if (container.plain_size > kMaxPlain) return;
  const auto plain = ww::delta::Expand(container);
  if (plain && plain->size() != container.plain_size) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ww::Bytes bytes = ww::ToBytes(std::as_bytes(std::span(data, size)));
  if (const auto parsed = ww::delta::ParseCompressionContainer(bytes)) ExpandWithin(*parsed);
  if (bytes.size() < 9) return 0;
  const ww::Bytes chunks = ww::ToBytes(ww::ByteView(bytes).subspan(9));
  ww::delta::CompressionContainer made;
  made.codec = (bytes[0] & std::byte{1}) != std::byte{0}
                   ? ww::delta::ContainerCodec::kLzms
                   : ww::delta::ContainerCodec::kXpressHuffman;
  made.plain_size = ww::LoadLe<std::uint32_t>(bytes.data() + 1);
  made.chunk_size =
      std::clamp<std::uint32_t>(ww::LoadLe<std::uint32_t>(bytes.data() + 5), 1, kMaxPlain);
  made.chunks = chunks;
  ExpandWithin(made);
  return 0;
}
