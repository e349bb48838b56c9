#include "integrity.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <optional>

#include "helpers.h"

namespace ww::wim {
namespace {

constexpr std::size_t kFixedSize = 12;

std::uint64_t CoveredBytes(std::uint64_t end) { return end > kHeaderSize ? end - kHeaderSize : 0; }

std::size_t ChunkCount(std::uint64_t end, std::uint32_t chunk_size) {
  return static_cast<std::size_t>((CoveredBytes(end) + chunk_size - 1) / chunk_size);
}

Result<Sha1Digest> HashRange(const File& file, std::uint64_t begin, std::uint64_t end) {
  Sha1Hasher hasher;
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(256 * 1024, end - begin)));
  while (begin < end) {
    const auto step = std::min<std::uint64_t>(buffer.size(), end - begin);
    const auto piece = MutableByteView(buffer).first(static_cast<std::size_t>(step));
    WW_RETURN_IF_ERROR(file.ReadAt(begin, piece));
    hasher.Update(piece);
    begin += step;
  }
  return hasher.Finish();
}

Result<Sha1Digest> HashChunk(const File& file, std::size_t index, std::uint32_t chunk_size,
                             std::uint64_t end) {
  const auto begin = kHeaderSize + std::uint64_t{index} * chunk_size;
  return HashRange(file, begin, std::min(begin + chunk_size, end));
}

// Hashes the chunks [first, count) on several threads; `done` is called under a lock.
Status HashChunks(const File& file, std::size_t first, std::size_t count, std::uint32_t chunk_size,
                  std::uint64_t end, unsigned threads,
                  const std::function<void(std::size_t, const Sha1Digest&)>& done) {
  std::atomic<std::size_t> next{first};
  std::mutex mutex;
  std::optional<Error> error;
  const auto hash = [&] {
    for (auto i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      const auto digest = HashChunk(file, i, chunk_size, end);
      const std::lock_guard lock(mutex);
      if (!digest && !error) error = digest.error();
      if (error) return;
      done(i, *digest);
    }
  };
  const auto work = [&] {
    try {
      hash();
    } catch (const std::bad_alloc&) {
      const std::lock_guard lock(mutex);
      if (!error) error = OutOfMemory();
    }
  };
  const auto useful = std::min<std::size_t>(threads, count > first ? count - first : 0);
  Helpers helpers(useful == 0 ? 0 : useful - 1, work);
  work();
  helpers.Join();
  if (error) return Fail(*error);
  return {};
}

}  // namespace

Result<IntegrityTable> IntegrityTable::Parse(ByteView bytes) {
  ByteReader in(bytes);
  IntegrityTable table;
  WW_TRY(const auto size, in.Le<std::uint32_t>(), "integrity table");
  WW_TRY(const auto count, in.Le<std::uint32_t>(), "integrity table");
  WW_TRY(table.chunk_size, in.Le<std::uint32_t>(), "integrity table");
  if (size != bytes.size() || count != in.remaining() / sizeof(Sha1Digest) ||
      in.remaining() % sizeof(Sha1Digest) != 0 || table.chunk_size == 0) {
    return Fail(Code::kCorrupt, fmt::format("an integrity table of {} bytes with {} chunks of {}",
                                            bytes.size(), count, table.chunk_size));
  }
  table.digests.resize(count);
  for (auto& digest : table.digests) {
    WW_TRY(const auto raw, in.Take(digest.size()), "integrity table");
    std::copy(raw.begin(), raw.end(), digest.begin());
  }
  return table;
}

Bytes IntegrityTable::Serialise() const {
  Bytes out;
  out.reserve(kFixedSize + digests.size() * sizeof(Sha1Digest));
  AppendLe(out, static_cast<std::uint32_t>(kFixedSize + digests.size() * sizeof(Sha1Digest)));
  AppendLe(out, static_cast<std::uint32_t>(digests.size()));
  AppendLe(out, chunk_size);
  for (const auto& digest : digests) Append(out, digest);
  return out;
}

std::uint64_t IntegrityTable::SizeFor(std::uint64_t end, std::uint32_t chunk_size) {
  return kFixedSize + ChunkCount(end, chunk_size) * sizeof(Sha1Digest);
}

Result<IntegrityTable> ExtendIntegrity(const File& file, const IntegrityTable& old,
                                       std::uint64_t old_end, std::uint64_t end, unsigned threads) {
  IntegrityTable table;
  table.chunk_size = old.chunk_size;
  std::size_t kept = 0;
  if (!old.digests.empty()) {
    if (old.digests.size() != ChunkCount(old_end, old.chunk_size)) {
      return Fail(Code::kCorrupt, fmt::format("an integrity table of {} chunks for {} bytes",
                                              old.digests.size(), CoveredBytes(old_end)));
    }
    kept = static_cast<std::size_t>(CoveredBytes(old_end) / old.chunk_size);
    if (kept < old.digests.size()) {
      WW_TRY(const auto last, HashChunk(file, kept, old.chunk_size, old_end), "integrity table");
      if (last != old.digests.back()) {
        return Fail(Code::kVerificationFailed,
                    fmt::format("chunk {} of the integrity table does not match the file", kept));
      }
    }
  }
  table.digests.assign(old.digests.begin(),
                       old.digests.begin() + static_cast<std::ptrdiff_t>(kept));
  table.digests.resize(ChunkCount(end, table.chunk_size));
  WW_TRY_STATUS(
      HashChunks(file, kept, table.digests.size(), table.chunk_size, end, threads,
                 [&table](std::size_t i, const Sha1Digest& digest) { table.digests[i] = digest; }),
      "integrity table");
  return table;
}

Status CheckIntegrity(const File& file, const IntegrityTable& table, std::uint64_t end,
                      unsigned threads, const std::function<void(std::size_t)>& bad) {
  if (table.digests.size() != ChunkCount(end, table.chunk_size)) {
    return Fail(Code::kCorrupt, fmt::format("an integrity table of {} chunks for {} bytes",
                                            table.digests.size(), CoveredBytes(end)));
  }
  return HashChunks(file, 0, table.digests.size(), table.chunk_size, end, threads,
                    [&](std::size_t i, const Sha1Digest& digest) {
                      if (digest != table.digests[i]) bad(i);
                    });
}

}  // namespace ww::wim
