#include "payload_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "recovery.h"
#include "wimwright/servicing/cache.h"

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kComponent = "PayloadCache";
constexpr std::string_view kSuffix = ".pack";
constexpr std::string_view kUnfinished = ".tmp";

struct Found {
  stdfs::path path;
  stdfs::file_time_type used;
  std::uint64_t size = 0;
};

// Most recently used first.
Result<std::vector<Found>> FilesOf(const stdfs::path& dir, std::string_view suffix) {
  std::vector<Found> out;
  std::error_code error;
  stdfs::directory_iterator entries(dir, error);
  for (; !error && entries != stdfs::directory_iterator(); entries.increment(error)) {
    std::error_code vanished;
    if (!entries->path().filename().string().ends_with(suffix) ||
        entries->symlink_status(vanished).type() != stdfs::file_type::regular) {
      continue;
    }
    Found found{entries->path(), entries->last_write_time(vanished), entries->file_size(vanished)};
    if (!vanished) out.push_back(std::move(found));
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return Fail(Code::kIo, fmt::format("listing {}: {}", dir.string(), error.message()));
  }
  std::sort(out.begin(), out.end(), [](const Found& a, const Found& b) { return a.used > b.used; });
  return out;
}

void Remove(FileSystem& fs, const stdfs::path& path, const std::string& why, Logger& log) {
  auto removed = fs.Remove(path);
  if (removed) {
    log.Info(kComponent, "removed {}: {}", path.string(), why);
  } else {
    log.Warning(kComponent, "{} stays ({}): {}", path.string(), why, removed.error().message);
  }
}

// Whoever writes a pack holds its lock: an unlocked one is a dead job's.
void RemoveUnfinished(FileSystem& fs, const stdfs::path& dir, Logger& log) {
  const auto files = FilesOf(dir, kUnfinished);
  if (!files) return;
  for (const auto& file : *files) {
    auto open = fs.Open(file.path, OpenMode::kReadWrite);
    if (!open || !(*open)->LockExclusive()) continue;
    Remove(fs, file.path, "left by an interrupted job", log);
  }
}

}  // namespace

SharedPayload::SharedPayload() = default;
SharedPayload::SharedPayload(SharedPayload&&) noexcept = default;
SharedPayload& SharedPayload::operator=(SharedPayload&&) noexcept = default;
SharedPayload::~SharedPayload() = default;

Result<PayloadCache> PayloadCache::Open(FileSystem& fs, const stdfs::path& dir, Logger& log) {
  std::error_code error;
  stdfs::create_directories(dir, error);
  if (error) {
    return Fail(Code::kIo, fmt::format("creating {}: {}", dir.string(), error.message()));
  }
  PayloadCache cache(fs, dir);
  WW_TRY(const auto files, FilesOf(dir, kSuffix), "payload cache");
  for (const auto& file : files) {
    auto pack = ReadPack(fs, file.path);
    if (pack) {
      cache.packs_.push_back({*std::move(pack)});
    } else if (pack.error().code == Code::kCorrupt) {
      Remove(fs, file.path, pack.error().message, log);
    } else if (pack.error().code != Code::kNotFound) {  // else: removed by another job just now
      return Fail(pack.error());
    }
  }
  RemoveUnfinished(fs, dir, log);
  return cache;
}

const wim::StoredBlob* PayloadCache::Find(const Sha256Digest& digest, wim::Compression compression,
                                          std::uint32_t chunk_size) {
  for (auto& pack : packs_) {
    if (pack.dropped || pack.compression != compression || pack.chunk_size != chunk_size) continue;
    const auto found = pack.contents.find(digest);
    if (found == pack.contents.end()) continue;
    if (!pack.used && !dir_.empty()) {
      std::error_code ignored;  // then it only looks older than it is
      stdfs::last_write_time(pack.path, stdfs::file_time_type::clock::now(), ignored);
      pack.used = true;
    }
    return &found->second;
  }
  return nullptr;
}

void PayloadCache::Drop(const Sha256Digest& digest, Logger& log) {
  for (auto& pack : packs_) {
    if (pack.dropped || pack.contents.count(digest) == 0) continue;
    pack.dropped = true;
    if (!dir_.empty()) Remove(*fs_, pack.path, "its content is not what it says", log);
  }
}

Status PayloadCache::Add(const wim::WimFile& image, std::span<const PackedContent> contents,
                         std::uint64_t limit, Logger& log) {
  if (contents.empty()) return {};
  if (dir_.empty()) {
    WW_TRY(auto pack, PackOf(*fs_, image, contents), "sharing payload");
    packs_.push_front({std::move(pack)});
    return {};
  }
  const auto name = RandomHex(16);
  const auto path = dir_ / (name + std::string(kSuffix));
  TemporaryFile temporary(*fs_, dir_ / (name + std::string(kUnfinished)));
  {
    WW_TRY(auto file, fs_->CreateNew(temporary.path()), "payload cache");
    WW_TRY_STATUS(file->LockExclusive(), "payload cache");
    WW_TRY_STATUS(WritePack(image, contents, *file), "payload cache");
    WW_TRY_STATUS(fs_->Rename(temporary.path(), path), "payload cache");
    temporary.Release();
  }
  WW_RETURN_IF_ERROR(fs_->SyncDirectory(dir_));
  WW_TRY(auto pack, ReadPack(*fs_, path), "payload cache");
  log.Info(kComponent, "{} contents, {} bytes kept in {}", pack.contents.size(), pack.file_size,
           path.string());
  packs_.push_front({std::move(pack)});
  WW_TRY_STATUS(PruneCache(*fs_, dir_, limit, log).map([](const auto&) {}), "payload cache");
  return {};
}

Result<std::vector<CachePack>> ShowCache(FileSystem& fs, const stdfs::path& dir, Logger& log) {
  std::vector<CachePack> out;
  WW_TRY(const auto files, FilesOf(dir, kSuffix), "payload cache");
  for (const auto& file : files) {
    const auto pack = ReadPack(fs, file.path);
    if (!pack) {
      log.Warning(kComponent, "not readable: {}", pack.error().message);
      continue;
    }
    CachePack shown;
    shown.path = file.path;
    shown.contents = pack->contents.size();
    shown.bytes = pack->file_size;
    for (const auto& [digest, blob] : pack->contents) shown.content_bytes += blob.where.size;
    shown.compression = wim::CompressionName(pack->compression);
    shown.chunk_size = pack->chunk_size;
    shown.last_used = std::chrono::file_clock::to_sys(file.used);
    out.push_back(std::move(shown));
  }
  return out;
}

Result<PruneReport> PruneCache(FileSystem& fs, const stdfs::path& dir, std::uint64_t limit,
                               Logger& log) {
  PruneReport report;
  RemoveUnfinished(fs, dir, log);
  WW_TRY(const auto files, FilesOf(dir, kSuffix), "payload cache");
  for (const auto& file : files) {
    if (file.size <= limit - std::min(limit, report.bytes_left)) {
      report.bytes_left += file.size;
      continue;
    }
    Remove(fs, file.path, "beyond the limit of the cache", log);
    ++report.packs_removed;
    report.bytes_removed += file.size;
  }
  return report;
}

}  // namespace ww::servicing
