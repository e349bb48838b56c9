#include "lzms.h"

#include <wimlib.h>

#include "wimwright/base/handle.h"

namespace ww::delta {
namespace {

constexpr std::size_t kMinInput = 4;
constexpr std::size_t kMinOutput = 3;

using Decompressor = Handle<wimlib_decompressor, &wimlib_free_decompressor>;

}  // namespace

Status DecompressLzms(ByteView in, MutableByteView out) {
  if (out.size() < kMinOutput) return Fail(Code::kUnsupported, "LZMS stream of under 3 bytes");
  if (out.size() > kMaxLzmsChunk) return Fail(Code::kLimit, "LZMS stream of over 64 MiB");
  if (in.size() < kMinInput || in.size() % 2 != 0) {
    return Fail(Code::kCorrupt, "LZMS stream of an impossible length");
  }
  // libwim allocates what its window needs, so it is asked for this stream only.
  wimlib_decompressor* raw = nullptr;
  if (wimlib_create_decompressor(WIMLIB_COMPRESSION_TYPE_LZMS, out.size(), &raw) != 0) {
    return Fail(Code::kInternal, "libwim refuses to make an LZMS decompressor");
  }
  const Decompressor decompressor(raw);
  if (wimlib_decompress(in.data(), in.size(), out.data(), out.size(), decompressor.get()) != 0) {
    return Fail(Code::kCorrupt, "LZMS stream does not decompress");
  }
  return {};
}

}  // namespace ww::delta
