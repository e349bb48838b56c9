#include "encode_payload.h"

#include <wimlib.h>

#include <algorithm>

#include "container.h"
#include "wimwright/base/handle.h"

namespace ww::delta {
namespace {

constexpr std::size_t kLzmsChunk = 1 << 20;
constexpr std::size_t kXpressChunk = 64 << 10;
constexpr std::size_t kCrcAt = 6;

using Compressor = Handle<wimlib_compressor, &wimlib_free_compressor>;

}  // namespace

Result<Bytes> WriteCompressionContainer(ContainerCodec codec, ByteView plain) {
  const bool lzms = codec == ContainerCodec::kLzms;
  if (!lzms && codec != ContainerCodec::kXpressHuffman) {
    return Fail(Code::kUsage, "making a compression container: LZMS and XPRESS-Huffman only");
  }
  const std::size_t chunk_size = lzms ? kLzmsChunk : kXpressChunk;
  wimlib_compressor* raw = nullptr;
  if (wimlib_create_compressor(lzms ? WIMLIB_COMPRESSION_TYPE_LZMS : WIMLIB_COMPRESSION_TYPE_XPRESS,
                               std::clamp<std::size_t>(plain.size(), 1, chunk_size), 0,
                               &raw) != 0) {
    return Fail(Code::kInternal, "libwim refuses to make a compressor");
  }
  const Compressor compressor(raw);
  Bytes out;
  AppendLe<std::uint32_t>(out, 0xC0E5510A);
  AppendLe<std::uint16_t>(out, 24);
  AppendLe<std::uint8_t>(out, 0);  // the checksum, below
  AppendLe<std::uint8_t>(out, static_cast<std::uint8_t>(codec));
  AppendLe<std::uint64_t>(out, plain.size());
  AppendLe<std::uint32_t>(out, static_cast<std::uint32_t>(chunk_size));
  AppendLe<std::uint32_t>(out, 0);
  Bytes covered = ToBytes(ByteView(out).first(kCrcAt));
  Append(covered, ByteView(out).subspan(kCrcAt + 1));
  out[kCrcAt] = static_cast<std::byte>(Crc32(covered) & 0xFF);
  Bytes packed;
  for (std::size_t at = 0; at < plain.size(); at += chunk_size) {
    const ByteView chunk = plain.subspan(at, std::min(chunk_size, plain.size() - at));
    packed.resize(chunk.size() - 1);
    std::size_t size =
        wimlib_compress(chunk.data(), chunk.size(), packed.data(), packed.size(), compressor.get());
    const ByteView stored = size == 0 ? chunk : ByteView(packed).first(size);
    AppendLe(out, static_cast<std::uint32_t>(stored.size()));
    Append(out, stored);
  }
  return out;
}

Bytes WriteDiffProgram(ByteView source, ByteView target) {
  const std::size_t common = std::min(source.size(), target.size());
  Bytes program;
  AppendLe<std::uint64_t>(program, common);
  AppendLe<std::uint64_t>(program, target.size() - common);
  AppendLe<std::uint64_t>(program, 0);
  for (std::size_t i = 0; i < common; ++i) {
    program.push_back(static_cast<std::byte>(std::to_integer<unsigned>(target[i]) -
                                             std::to_integer<unsigned>(source[i])));
  }
  Append(program, target.subspan(common));
  return program;
}

}  // namespace ww::delta
