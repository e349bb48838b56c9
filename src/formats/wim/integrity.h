// The integrity table: SHA-1 of every 10 MiB of the file, from the header's end to the blob table's
// end.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "wimwright/base/file.h"
#include "wimwright/base/hash.h"
#include "wimwright/wim/header.h"

namespace ww::wim {

inline constexpr std::uint32_t kIntegrityChunk = 10u << 20;  // what every known writer uses

struct IntegrityTable {
  std::uint32_t chunk_size = kIntegrityChunk;
  std::vector<Sha1Digest> digests;

  static Result<IntegrityTable> Parse(ByteView bytes);
  Bytes Serialise() const;
  // Bytes of the serialised table of a file whose tables end at `end`.
  static std::uint64_t SizeFor(std::uint64_t end, std::uint32_t chunk_size);
};

// The table of a file whose tables end at `end`. `old` covers the bytes up to `old_end`, which did
// not change: its full chunks are taken over, its last one is checked (kVerificationFailed) before
// it is continued.
Result<IntegrityTable> ExtendIntegrity(const File& file, const IntegrityTable& old,
                                       std::uint64_t old_end, std::uint64_t end, unsigned threads);

// Calls `bad` with the number of every chunk that does not match.
Status CheckIntegrity(const File& file, const IntegrityTable& table, std::uint64_t end,
                      unsigned threads, const std::function<void(std::size_t)>& bad);

}  // namespace ww::wim
