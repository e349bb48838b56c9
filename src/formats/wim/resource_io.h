// Whole resources in memory.
#pragma once

#include "wimwright/base/file.h"
#include "wimwright/base/hash.h"
#include "wimwright/wim/header.h"

namespace ww::wim {

// 0: as many as the machine has.
unsigned ThreadCount(unsigned wanted);

// The content of `where`, at most `limit` bytes (kLimit); decompressed on all processors when it is
// large.
Result<Bytes> ReadResource(const File& file, const ResourceLocation& where, Compression compression,
                           std::uint32_t chunk_size, std::uint64_t limit);

// The same, and kVerificationFailed when the content has another SHA-1. Hashes while it
// decompresses.
Result<Bytes> ReadVerified(const File& file, const ResourceLocation& where, Compression compression,
                           std::uint32_t chunk_size, std::uint64_t limit,
                           const Sha1Digest& expected);

}  // namespace ww::wim
