#include "codec.h"

#include <fmt/format.h>
#include <wimlib.h>

#include <algorithm>
#include <bit>

namespace ww::wim {
namespace {

wimlib_compression_type LibraryType(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return WIMLIB_COMPRESSION_TYPE_NONE;
    case Compression::kXpress:
      return WIMLIB_COMPRESSION_TYPE_XPRESS;
    case Compression::kLzx:
      return WIMLIB_COMPRESSION_TYPE_LZX;
    case Compression::kLzms:
      return WIMLIB_COMPRESSION_TYPE_LZMS;
  }
  return WIMLIB_COMPRESSION_TYPE_NONE;
}

}  // namespace

void FreeCompressor(wimlib_compressor* compressor) { wimlib_free_compressor(compressor); }
void FreeDecompressor(wimlib_decompressor* decompressor) { wimlib_free_decompressor(decompressor); }

bool ChunkSizeValid(Compression compression, std::uint32_t chunk_size) {
  if (!std::has_single_bit(chunk_size)) return false;
  const int order = std::countr_zero(chunk_size);
  switch (compression) {
    case Compression::kNone:
      return true;
    case Compression::kXpress:
      return order >= 12 && order <= 16;
    case Compression::kLzx:
      return order >= 15 && order <= 21;
    case Compression::kLzms:
      return order >= 15 && order <= 26;
  }
  return false;
}

Result<Compressor> Compressor::Create(Compression compression, std::uint32_t chunk_size,
                                      int level) {
  wimlib_compressor* raw = nullptr;
  const auto wanted = static_cast<unsigned>(std::clamp(level, 1, 1000));
  const int error = wimlib_create_compressor(LibraryType(compression), chunk_size, wanted, &raw);
  if (error != 0) {
    return Fail(Code::kInternal, fmt::format("no {} compressor for chunks of {} bytes (libwim {})",
                                             CompressionName(compression), chunk_size, error));
  }
  return Compressor(raw);
}

std::size_t Compressor::Compress(ByteView content, MutableByteView out) {
  return wimlib_compress(content.data(), content.size(), out.data(), out.size(), raw_.get());
}

Result<Decompressor> Decompressor::Create(Compression compression, std::uint32_t chunk_size) {
  wimlib_decompressor* raw = nullptr;
  const int error = wimlib_create_decompressor(LibraryType(compression), chunk_size, &raw);
  if (error != 0) {
    return Fail(Code::kInternal,
                fmt::format("no {} decompressor for chunks of {} bytes (libwim {})",
                            CompressionName(compression), chunk_size, error));
  }
  return Decompressor(raw);
}

Status Decompressor::Decompress(ByteView stored, MutableByteView out) {
  if (wimlib_decompress(stored.data(), stored.size(), out.data(), out.size(), raw_.get()) != 0) {
    return Fail(Code::kCorrupt, "a compressed chunk is damaged");
  }
  return {};
}

}  // namespace ww::wim
