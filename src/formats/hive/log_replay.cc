#include "log_replay.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <optional>
#include <vector>

#include "marvin32.h"

namespace ww::hive {
namespace {

constexpr std::uint32_t kDirt = Signature('D', 'I', 'R', 'T');
constexpr std::uint32_t kHvle = Signature('H', 'v', 'L', 'E');
constexpr std::uint32_t kTypeHvle = 6;
constexpr std::size_t kEntryHeader = 40;

struct Log {
  BaseBlock block;
  ByteView bytes;
  std::size_t body = 0;  // offset of the second sector
};

// The log's own base block and body, when it is a log at all.
std::optional<Log> ParseLog(ByteView bytes) {
  if (bytes.size() < kSector) return std::nullopt;
  Log log;
  std::ranges::copy(bytes.first(kSector), log.block.raw.begin());
  const auto type = log.block.Get<std::uint32_t>(base::kType);
  if (!log.block.has_signature() || !log.block.checksum_is_right() ||
      (type != 1 && type != 2 && type != kTypeHvle)) {
    return std::nullopt;
  }
  log.bytes = bytes;
  // "Second sector" counts sectors of the medium.
  const std::uint32_t wanted = type == kTypeHvle ? kHvle : kDirt;
  const std::size_t sector =
      std::size_t{kSector} * std::clamp(log.block.Get<std::uint32_t>(base::kCluster), 1u, 8u);
  for (const std::size_t body : {sector, std::size_t{kSector}}) {
    if (body <= bytes.size() && bytes.size() - body >= 8 &&
        LoadLe<std::uint32_t>(bytes.data() + body) == wanted) {
      log.body = body;
      return log;
    }
  }
  return std::nullopt;
}

bool BinsAreSound(std::uint32_t bins) {
  return bins != 0 && bins % kBlock == 0 && bins <= kMaxBins;
}

// Growth must come with the bytes that fill it.
Status GrowTo(PagedFile& file, std::uint32_t bins, std::size_t log_size) {
  const std::uint64_t size = std::uint64_t{kBlock} + bins;
  if (size > file.size() && size - file.size() > log_size) {
    return Fail(Code::kCorrupt, "the transaction log enlarges the hive without content");
  }
  file.Grow(size);
  return {};
}

Status Conclude(PagedFile& file, BaseBlock& block, std::uint32_t sequence) {
  block.Set<std::uint32_t>(base::kSequence1, sequence);
  block.Set<std::uint32_t>(base::kSequence2, sequence);
  block.Set<std::uint32_t>(base::kType, 0);
  block.Set(base::kChecksum, block.ComputeChecksum());
  return file.Write(0, block.raw);
}

// The whole log is one transaction: a bitmap of the 512-byte pages of the bins, then those pages.
Result<bool> ReplayDirt(PagedFile& file, BaseBlock& block, const Log& log) {
  const bool block_is_good = block.checksum_is_right();
  FileTime stamp = block.Get<FileTime>(base::kTimestamp);
  if (!block_is_good) {
    std::array<std::byte, 8> raw{};
    if (file.size() >= kBlock + bin::kHeader) {
      WW_RETURN_IF_ERROR(file.Read(kBlock + bin::kTimestamp, raw));
    }
    stamp = LoadLe<FileTime>(raw.data());
  }
  const auto bins = log.block.bins_size();
  if (!log.block.sequence_is_even() || log.block.Get<FileTime>(base::kTimestamp) != stamp ||
      !BinsAreSound(bins)) {
    return false;
  }
  const std::size_t bitmap_size = bins / kSector / 8;
  const std::size_t bitmap_at = log.body + 4;
  if (bitmap_at > log.bytes.size() || bitmap_size > log.bytes.size() - bitmap_at) return false;
  const ByteView bitmap = log.bytes.subspan(bitmap_at, bitmap_size);
  const std::size_t sector = log.body;
  const std::size_t pages_at = (bitmap_at + bitmap_size + sector - 1) / sector * sector;
  std::size_t pages = 0;
  for (const auto b : bitmap) {
    pages += static_cast<std::size_t>(std::popcount(std::to_integer<unsigned>(b)));
  }
  if (pages_at > log.bytes.size() || pages * kSector > log.bytes.size() - pages_at) return false;

  WW_RETURN_IF_ERROR(GrowTo(file, bins, log.bytes.size()));
  ByteView rest = log.bytes.subspan(pages_at);
  for (std::size_t page = 0; page < bins / kSector; ++page) {
    if ((std::to_integer<unsigned>(bitmap[page / 8]) >> (page % 8) & 1) == 0) continue;
    WW_RETURN_IF_ERROR(file.Write(kBlock + std::uint64_t{page} * kSector, rest.first(kSector)));
    rest = rest.subspan(kSector);
  }
  block = log.block;
  WW_RETURN_IF_ERROR(Conclude(file, block, log.block.Get<std::uint32_t>(base::kSequence1)));
  return true;
}

using Entries = std::map<std::uint32_t, ByteView>;  // by sequence number

// The sound entries at the beginning of the log; the first unsound one ends it.
void CollectEntries(const Log& log, Entries& entries) {
  ByteView rest = log.bytes.subspan(log.body);
  while (rest.size() >= kEntryHeader && LoadLe<std::uint32_t>(rest.data()) == kHvle) {
    const auto size = LoadLe<std::uint32_t>(rest.data() + 4);
    if (size < kSector || size % kSector != 0 || size > rest.size()) return;
    const ByteView entry = rest.first(size);
    if (LoadLe<std::uint64_t>(entry.data() + 24) !=
            Marvin32(kLogEntrySeed, entry.subspan(kEntryHeader)) ||
        LoadLe<std::uint64_t>(entry.data() + 32) != Marvin32(kLogEntrySeed, entry.first(32)) ||
        !BinsAreSound(LoadLe<std::uint32_t>(entry.data() + 16))) {
      return;
    }
    entries.emplace(LoadLe<std::uint32_t>(entry.data() + 12), entry);
    rest = rest.subspan(size);
  }
}

Status ApplyEntry(PagedFile& file, BaseBlock& block, ByteView entry, std::size_t log_size) {
  const auto bins = LoadLe<std::uint32_t>(entry.data() + 16);
  const auto count = LoadLe<std::uint32_t>(entry.data() + 20);
  if (count > (entry.size() - kEntryHeader) / 8) {
    return Fail(Code::kCorrupt, "a log entry has more page references than room");
  }
  WW_RETURN_IF_ERROR(GrowTo(file, bins, log_size));
  ByteView references = entry.subspan(kEntryHeader, std::size_t{count} * 8);
  ByteView pages = entry.subspan(kEntryHeader + references.size());
  for (; !references.empty(); references = references.subspan(8)) {
    const auto offset = LoadLe<std::uint32_t>(references.data());
    const auto size = LoadLe<std::uint32_t>(references.data() + 4);
    if (offset > bins || size > bins - offset || size > pages.size()) {
      return Fail(Code::kCorrupt, "a log entry's page does not fit");
    }
    WW_RETURN_IF_ERROR(file.Write(std::uint64_t{kBlock} + offset, pages.first(size)));
    pages = pages.subspan(size);
  }
  block.Set(base::kBinsSize, bins);
  block.Set(base::kFlags, LoadLe<std::uint32_t>(entry.data() + 8));
  return {};
}

// Entries follow each other by sequence number, from the hive's secondary one on, first in one log
// and then in the other; older ones may still lie around.
Result<bool> ReplayHvle(PagedFile& file, BaseBlock& block, const std::vector<Log>& logs) {
  Entries entries;
  std::size_t log_size = 0;
  for (const auto& log : logs) {
    CollectEntries(log, entries);
    log_size += log.bytes.size();
  }
  BaseBlock working = block;
  if (!block.checksum_is_right()) {
    // The older of two logs is the one that continues the hive.
    const auto sequence = [](const Log& log) {
      return log.block.Get<std::uint32_t>(base::kSequence2);
    };
    working = std::ranges::min(logs, {}, sequence).block;
  }
  auto expected = working.Get<std::uint32_t>(base::kSequence2);
  std::optional<std::uint32_t> applied;
  for (auto it = entries.find(expected); it != entries.end(); it = entries.find(expected)) {
    WW_TRY_STATUS(ApplyEntry(file, working, it->second, log_size), "transaction log");
    applied = expected++;
    entries.erase(it);
  }
  if (!applied) return false;
  block = working;
  WW_RETURN_IF_ERROR(Conclude(file, block, *applied));
  return true;
}

}  // namespace

Result<bool> ReplayLogs(PagedFile& file, BaseBlock& block, ByteView log1, ByteView log2) {
  std::vector<Log> entry_logs;
  for (const ByteView bytes : {log1, log2}) {
    const auto log = ParseLog(bytes);
    if (!log) continue;
    if (log->block.Get<std::uint32_t>(base::kType) == kTypeHvle) {
      entry_logs.push_back(*log);
      continue;
    }
    WW_TRY(const bool done, ReplayDirt(file, block, *log), "transaction log");
    if (done) return true;
  }
  if (entry_logs.empty()) return false;
  return ReplayHvle(file, block, entry_logs);
}

}  // namespace ww::hive
