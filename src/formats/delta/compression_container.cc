#include "compression_container.h"

#include <fmt/format.h>

#include <algorithm>

#include "container.h"
#include "lzms.h"
#include "xpress_huffman.h"

namespace ww::delta {
namespace {

constexpr std::uint32_t kMagic = 0xC0E5510A;
constexpr std::size_t kHeader = 24;
constexpr std::size_t kCrcAt = 6;
constexpr std::uint32_t kMaxChunk = 64u << 20;

// One byte of the CRC-32 of the header without that byte.
bool ChecksumMatches(ByteView header) {
  Bytes covered = ToBytes(header.first(kCrcAt));
  Append(covered, header.subspan(kCrcAt + 1));
  return static_cast<std::byte>(Crc32(covered) & 0xFF) == header[kCrcAt];
}

Status ExpandChunk(ContainerCodec codec, ByteView in, MutableByteView out) {
  if (in.size() == out.size()) {
    std::copy(in.begin(), in.end(), out.begin());
    return {};
  }
  return codec == ContainerCodec::kLzms ? DecompressLzms(in, out)
                                        : DecompressXpressHuffman(in, out);
}

}  // namespace

bool IsCompressionContainer(ByteView bytes) {
  return bytes.size() >= 4 && LoadLe<std::uint32_t>(bytes.data()) == kMagic;
}

Result<CompressionContainer> ParseCompressionContainer(ByteView bytes) {
  if (!IsCompressionContainer(bytes)) {
    return Fail(Code::kCorrupt, "not a compression container");
  }
  if (bytes.size() < kHeader) return Fail(Code::kCorrupt, "compression container ends early");
  const std::size_t header = LoadLe<std::uint16_t>(bytes.data() + 4);
  if (header < kHeader || header > bytes.size()) {
    return Fail(Code::kCorrupt, "compression container with a header of an impossible size");
  }
  if (!ChecksumMatches(bytes.first(header))) {
    return Fail(Code::kCorrupt, "the checksum of the compression container's header is wrong");
  }
  CompressionContainer c;
  c.codec = static_cast<ContainerCodec>(bytes[7]);
  c.plain_size = LoadLe<std::uint64_t>(bytes.data() + 8);
  c.chunk_size = LoadLe<std::uint32_t>(bytes.data() + 16);
  c.chunks = bytes.subspan(header);
  if (c.codec != ContainerCodec::kLzms && c.codec != ContainerCodec::kXpressHuffman) {
    return Fail(Code::kUnsupported, fmt::format("compression algorithm {} of the container is not "
                                                "supported (2: MSZIP, 3: XPRESS)",
                                                static_cast<unsigned>(c.codec)));
  }
  if (c.chunk_size == 0) return Fail(Code::kCorrupt, "compression container with empty chunks");
  if (c.chunk_size > kMaxChunk) {
    return Fail(Code::kLimit, "compression container with chunks of over 64 MiB");
  }
  return c;
}

Result<Bytes> Expand(const CompressionContainer& container) {
  Bytes out;
  ByteReader in(container.chunks);
  while (out.size() < container.plain_size) {
    const std::uint64_t plain =
        std::min<std::uint64_t>(container.chunk_size, container.plain_size - out.size());
    WW_TRY(const auto size, in.Le<std::uint32_t>(), "compressed chunk");
    if (size == 0 || size > plain) {
      return Fail(Code::kCorrupt, "compressed chunk of an impossible size");
    }
    WW_TRY(const auto data, in.Take(size), "compressed chunk");
    const std::size_t old = out.size();
    out.resize(old + plain);
    WW_TRY_STATUS(ExpandChunk(container.codec, data, MutableByteView(out).subspan(old)),
                  "compressed chunk");
  }
  if (!in.at_end()) return Fail(Code::kCorrupt, "bytes after the last compressed chunk");
  return out;
}

}  // namespace ww::delta
