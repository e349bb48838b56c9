#include "puller.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <vector>

#include "wimwright/content/hashing.h"

namespace ww::distribution {
namespace {

namespace stdfs = std::filesystem;
using content::BlockMap;
using content::TransferStep;

constexpr std::string_view kComponent = "SMS_DISTRIBUTION_POINT";
// Smaller files are fetched whole: the question would cost more than the answer.
constexpr std::uint64_t kSmall = 2 * content::kBlockSize;
// Of all sources together: 64 GB of files, 40 MB of memory.
constexpr std::size_t kMostSourceBlocks = std::size_t{1} << 19;
constexpr int kResumes = 3;  // of one stream that breaks while others go on

// How far fetching has come, for the thread that makes the hash in the file's order.
class FetchedUntil {
 public:
  void Advance(std::uint64_t offset) {
    {
      const std::lock_guard lock(mutex_);
      offset_ = offset;
    }
    changed_.notify_one();
  }
  void End(Status status) {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      if (!status) error_ = status.error();
    }
    changed_.notify_one();
  }
  Status WaitFor(std::uint64_t offset) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ || offset_ >= offset; });
    if (error_) return Fail(*error_);
    if (offset_ < offset) return Fail(Code::kInternal, "fetching ended too early");
    return {};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t offset_ = 0;  // everything to be fetched before it is there
  bool ended_ = false;
  std::optional<Error> error_;
};

// Block hashes of what an earlier attempt left.
Result<BlockMap> MapOf(const File& file, const Cancellation& cancellation) {
  BlockMap map;
  WW_TRY(map.file.bytes, file.Size(), "partial file");
  content::BlockHasher hasher;
  Bytes piece(1 << 20);
  for (std::uint64_t at = 0; at < map.file.bytes; at += piece.size()) {
    WW_RETURN_IF_ERROR(cancellation.Check());
    const auto room = MutableByteView(piece).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), map.file.bytes - at)));
    WW_RETURN_IF_ERROR(file.ReadAt(at, room));
    hasher.Update(room);
  }
  map.blocks = hasher.Finish();
  return map;
}

}  // namespace

struct Puller::Work {
  const content::StoredFile& wanted;
  std::span<const content::ContentId> similar;
  SiteLink& link;
  const Cancellation& cancellation;
  const std::function<void(std::int64_t)>& on_bytes;
  stdfs::path part;
  bool local = true;  // whether local files count

  BlockMap target;
  std::vector<BlockMap> maps;
  std::vector<content::ContentId> source_ids;
  std::vector<std::unique_ptr<File>> sources;
  std::optional<BlockMap> present;
  std::unique_ptr<File> file;  // the part
  content::TransferPlan plan;
  std::int64_t told = 0;
};

stdfs::path Puller::PartOf(const content::ContentId& id) const {
  return options_.partial / (id.ToText() + ".part");
}

Result<PullResult> Puller::Pull(const content::StoredFile& file,
                                std::span<const content::ContentId> similar, SiteLink& link,
                                const Cancellation& cancellation,
                                const std::function<void(std::int64_t)>& on_bytes) const {
  PullResult result;
  for (const bool local : {true, false}) {
    Work work{file, similar, link, cancellation, on_bytes, PartOf(file.id), local};
    const auto undo = [&] { on_bytes(-work.told); };
    if (auto prepared = Prepare(work); !prepared) return Fail(prepared.error());
    auto hashed = Assemble(work);
    result.fetched += work.plan.fetch_bytes;
    result.copied += work.plan.copy_bytes;
    result.present += work.plan.present_bytes;
    if (!hashed) {
      undo();
      return Fail(hashed.error());
    }
    work.file.reset();
    if (hashed->file == file) {
      WW_TRY_STATUS(options_.library->Adopt(work.part, *hashed), "content library");
      return result;
    }
    undo();
    WW_RETURN_IF_ERROR(options_.fs->Remove(work.part));
    if (work.plan.copy_bytes + work.plan.present_bytes == 0) break;
    // A source whose bytes are not what its map says, or a made collision of block hashes.
    options_.log->Warning(kComponent, "{} was not right when put together; it is fetched whole",
                          file.id.ToText());
    for (std::size_t i = 0; i < work.source_ids.size(); ++i) {
      const bool used = std::ranges::any_of(work.plan.steps, [i](const TransferStep& step) {
        return step.source == static_cast<int>(i);
      });
      // What is damaged goes into quarantine and is never used again.
      if (used) static_cast<void>(options_.library->Verify(work.source_ids[i]));
    }
  }
  return Fail(Error{Code::kVerificationFailed,
                    fmt::format("what the site sent as {} is something else", file.id.ToText()),
                    "Verify the content at the site.", 0});
}

Status Puller::Prepare(Work& work) const {
  if (work.wanted.bytes >= kSmall) {
    WW_TRY(work.target, work.link.GetBlocks(work.wanted, work.cancellation), "blocks");
    if (work.local) WW_RETURN_IF_ERROR(FindSources(work));
  } else {
    // A map of hashes that nothing has: all of it is fetched, in one range.
    work.target.file = work.wanted;
    work.target.blocks.resize(content::BlockCount(work.wanted.bytes));
  }
  WW_RETURN_IF_ERROR(OpenPart(work));
  std::vector<const BlockMap*> maps;
  for (const auto& map : work.maps) maps.push_back(&map);
  work.plan = content::MakeTransferPlan(work.target, maps, work.present ? &*work.present : nullptr);
  WW_TRY(const auto free, options_.fs->FreeSpace(options_.partial), "free space");
  const auto needed = work.plan.fetch_bytes + work.plan.copy_bytes + options_.reserve;
  if (free < needed) {
    return Fail(Error{Code::kNoSpace,
                      fmt::format("{} MB are free, {} MB are needed ({} MB of it stay in reserve)",
                                  free >> 20, (needed >> 20) + 1, options_.reserve >> 20),
                      "Enlarge the disk of the distribution point, or take content off it.", 0});
  }
  options_.log->Info(kComponent, "{}: {} bytes to fetch, {} from {} local files, {} are there",
                     work.wanted.id.ToText(), work.plan.fetch_bytes, work.plan.copy_bytes,
                     work.maps.size(), work.plan.present_bytes);
  return {};
}

Status Puller::FindSources(Work& work) const {
  std::size_t blocks = 0;
  for (const auto& id : work.similar) {
    const auto size = options_.library->Size(id);
    if (!size || id == work.wanted.id) continue;
    if (content::BlockCount(*size) > kMostSourceBlocks - blocks) continue;
    auto map = options_.library->Blocks(id);
    auto file = options_.library->Open(id);
    if (!map || !file) continue;  // gone or damaged: one source less
    blocks += map->blocks.size();
    work.maps.push_back(*std::move(map));
    work.source_ids.push_back(id);
    work.sources.push_back(*std::move(file));
  }
  return {};
}

Status Puller::OpenPart(Work& work) const {
  auto& fs = *options_.fs;
  std::error_code error;
  if (stdfs::exists(work.part, error)) {
    WW_TRY(work.file, fs.Open(work.part, OpenMode::kReadWrite), "partial file");
    WW_RETURN_IF_ERROR(work.file->Truncate(work.wanted.bytes));
    if (work.wanted.bytes >= kSmall && work.local) {
      WW_TRY(work.present, MapOf(*work.file, work.cancellation), "partial file");
    }
    return {};
  }
  if (!work.maps.empty()) {
    // Where blocks can be shared, the best source becomes the beginning at no cost.
    const auto path = options_.library->PathOf(work.source_ids.front());
    const BlockMap* const best[] = {&work.maps.front()};
    const bool worth =
        content::MakeTransferPlan(work.target, {}, best[0]).present_bytes >= work.wanted.bytes / 2;
    auto clone = path && worth ? fs.Clone(*path, work.part)
                               : Result<std::unique_ptr<File>>(Fail(Code::kUnsupported, ""));
    if (clone) {
      work.file = *std::move(clone);
      WW_RETURN_IF_ERROR(work.file->Truncate(work.wanted.bytes));
      work.present = work.maps.front();
      return {};
    }
    if (clone.error().code != Code::kUnsupported) return Fail(clone.error());
  }
  WW_TRY(work.file, fs.CreateNew(work.part), "partial file");
  return work.file->Truncate(work.wanted.bytes);
}

Result<content::HashedContent> Puller::Assemble(Work& work) const {
  FetchedUntil fetched;
  Cancellation stop;  // of fetching, when the other side fails
  WW_TRY(const auto writing, options_.fs->Open(work.part, OpenMode::kReadWrite), "partial file");
  const auto fetch = [&]() -> Status {
    for (const auto& step : work.plan.steps) {
      if (step.source != TransferStep::kFetch) continue;
      std::uint64_t at = step.offset;
      const auto end = step.offset + step.length;
      for (int attempt = 0;; ++attempt) {
        const auto from = at;
        const auto got = work.link.GetRange(
            work.wanted, at, end - at, *options_.limit,
            [&](ByteView bytes) -> Status {
              WW_RETURN_IF_ERROR(stop.Check());
              WW_RETURN_IF_ERROR(writing->WriteAt(at, bytes));
              at += bytes.size();
              fetched.Advance(at);
              return {};
            },
            work.cancellation);
        if (got) break;
        const bool again = got.error().code == Code::kIo && at > from && attempt < kResumes;
        if (!again) return got;
      }
    }
    return {};
  };
  // A future waits in its destructor: nothing below can leave while the thread uses it.
  const auto fetcher = std::async(std::launch::async, [&] {
    try {
      fetched.End(fetch());
    } catch (const std::exception& e) {
      fetched.End(Fail(Code::kInternal, e.what()));
    }
  });

  const auto assemble = [&]() -> Result<content::HashedContent> {
    content::ContentHasher hasher(work.plan.copy_bytes > 0 ? work.file.get() : nullptr);
    for (const auto& step : work.plan.steps) {
      for (std::uint64_t done = 0; done < step.length;) {
        WW_RETURN_IF_ERROR(work.cancellation.Check());
        const auto room = hasher.Next();
        const auto piece = room.first(
            static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), step.length - done)));
        if (step.source >= 0) {
          const auto& source = *work.sources[static_cast<std::size_t>(step.source)];
          WW_RETURN_IF_ERROR(source.ReadAt(step.source_offset + done, piece));
          WW_RETURN_IF_ERROR(hasher.Push(piece.size()));
        } else {
          const auto at = step.offset + done;
          if (step.source == TransferStep::kFetch) {
            WW_RETURN_IF_ERROR(fetched.WaitFor(at + piece.size()));
          }
          WW_RETURN_IF_ERROR(writing->ReadAt(at, piece));
          WW_RETURN_IF_ERROR(hasher.PushWritten(piece.size()));
        }
        done += piece.size();
        work.told += static_cast<std::int64_t>(piece.size());
        work.on_bytes(static_cast<std::int64_t>(piece.size()));
      }
    }
    return hasher.Finish();
  };
  auto hashed = assemble();
  if (!hashed) stop.Request();
  fetcher.wait();
  return hashed;
}

}  // namespace ww::distribution
