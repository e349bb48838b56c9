#include "folder_library.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "file_identity.h"

namespace ww::content {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kComponent = "ContentLibrary";
constexpr std::uint64_t kMaxMapFile =
    kMaxMappedSize / kBlockSize * sizeof(BlockHash) + 4096;  // and its head

Status MakeFolder(FileSystem& fs, const stdfs::path& dir) {
  std::error_code error;
  if (stdfs::is_directory(dir, error)) return {};
  stdfs::create_directories(dir, error);
  if (error) return Fail(Code::kIo, fmt::format("{}: {}", dir.string(), error.message()));
  return fs.SyncDirectory(dir.parent_path());
}

tl::unexpected<Error> Missing(const ContentId& id) {
  return Fail(Error{Code::kNotFound,
                    fmt::format("the content library does not have {}", id.ToText()),
                    "Add the content again, or distribute it again.", 0});
}

// Takes the file away unless it was kept: what a failed addition leaves.
class ScratchFile {
 public:
  ScratchFile(FileSystem& fs, stdfs::path path) : fs_(fs), path_(std::move(path)) {}
  ~ScratchFile() {
    std::error_code ignored;
    if (stdfs::exists(path_, ignored)) static_cast<void>(fs_.Remove(path_));
  }
  const stdfs::path& path() const { return path_; }

 private:
  FileSystem& fs_;
  stdfs::path path_;
};

}  // namespace

stdfs::path FolderLibrary::NewScratchName() {
  return scratch_->path() / fmt::format("new-{}", next_name_++);
}

Status FolderLibrary::CheckSpace(std::uint64_t bytes) const {
  WW_TRY(const auto free, options_.fs->FreeSpace(options_.dir), "free space");
  if (free >= options_.reserve && free - options_.reserve >= bytes) return {};
  return Fail(Error{
      Code::kNoSpace,
      fmt::format("{} has {} MB free; {} MB are needed, and {} MB stay in reserve",
                  options_.dir.string(), free >> 20, (bytes >> 20) + 1, options_.reserve >> 20),
      "Remove content that nobody needs, or enlarge the disk.", 0});
}

Result<HashedContent> FolderLibrary::CopyIn(const stdfs::path& source, const stdfs::path& scratch,
                                            Progress& progress, const Cancellation& cancellation) {
  auto& fs = *options_.fs;
  const auto before = IdentityOf(source);
  WW_TRY(const auto in, fs.Open(source, OpenMode::kRead), "content");
  WW_TRY(const auto size, in->Size(), "content");
  progress.BeginPhase("Adding to the content library", 1, 1, size);
  auto out = fs.Clone(source, scratch);
  if (out) {
    WW_TRY(auto hashed, HashContent(**out, nullptr, progress, cancellation), source.string());
    WW_RETURN_IF_ERROR((*out)->Sync());
    return hashed;
  }
  if (out.error().code != Code::kUnsupported) return Fail(out.error());
  WW_RETURN_IF_ERROR(CheckSpace(size));
  out = fs.CreateNew(scratch);
  if (!out) return Fail(out.error());
  auto hashed = HashContent(*in, out->get(), progress, cancellation);
  const bool changed = before != IdentityOf(source);
  const bool shrunk = !hashed && hashed.error().code == Code::kCorrupt;
  if (changed || shrunk) {
    return Fail(Error{Code::kConflict,
                      fmt::format("{} was changed while it was read", source.string()),
                      "Wait until whatever writes the file is done, then add it again.", 0});
  }
  if (!hashed) return Fail(hashed.error().Within(source.string()));
  WW_RETURN_IF_ERROR((*out)->Sync());
  return hashed;
}

Result<StoredFile> FolderLibrary::Add(const stdfs::path& source, Progress& progress,
                                      const Cancellation& cancellation) {
  const ScratchFile scratch(*options_.fs, NewScratchName());
  WW_TRY(const auto hashed, CopyIn(source, scratch.path(), progress, cancellation),
         "adding content");
  WW_TRY_STATUS(Publish(scratch.path(), hashed), "adding content");
  return hashed.file;
}

Result<StoredFile> FolderLibrary::Adopt(const stdfs::path& scratch, Progress& progress,
                                        const Cancellation& cancellation) {
  HashedContent hashed;
  {
    WW_TRY(const auto file, options_.fs->Open(scratch, OpenMode::kRead), "adopting content");
    WW_TRY(const auto size, file->Size(), "adopting content");
    progress.BeginPhase("Adding to the content library", 1, 1, size);
    // What is not on the disk yet goes there while the hash is made.
    file->StartWriteback(0, size);
    WW_TRY(hashed, HashContent(*file, nullptr, progress, cancellation), "adopting content");
  }
  return Adopt(scratch, hashed);
}

Result<StoredFile> FolderLibrary::Adopt(const stdfs::path& scratch, const HashedContent& hashed) {
  {
    WW_TRY(const auto file, options_.fs->Open(scratch, OpenMode::kRead), "adopting content");
    WW_TRY(const auto size, file->Size(), "adopting content");
    if (size != hashed.file.bytes) {
      return Fail(Code::kConflict, fmt::format("{} has {} bytes, {} were hashed", scratch.string(),
                                               size, hashed.file.bytes));
    }
    WW_TRY_STATUS(file->Sync(), "adopting content");
  }
  WW_TRY_STATUS(Publish(scratch, hashed), "adopting content");
  return hashed.file;
}

Status FolderLibrary::SetTime(const stdfs::path& file) const {
  const auto now = options_.clock->Now().time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const timespec time{static_cast<time_t>(seconds.count()),
                      static_cast<long>((now - seconds).count())};
  const timespec both[2] = {time, time};
  if (::utimensat(AT_FDCWD, file.c_str(), both, 0) == 0) return {};
  const auto error = std::make_error_code(static_cast<std::errc>(errno));
  return Fail(errno == ENOENT ? Code::kNotFound : Code::kIo,
              fmt::format("time of {}: {}", file.string(), error.message()));
}

Status FolderLibrary::WriteMap(const HashedContent& hashed) {
  auto& fs = *options_.fs;
  const ScratchFile scratch(fs, NewScratchName());
  WW_TRY(const auto file, fs.CreateNew(scratch.path()), "block map");
  WW_TRY_STATUS(file->WriteAt(0, EncodeBlockMap(hashed)), "block map");
  WW_TRY_STATUS(file->Sync(), "block map");
  WW_RETURN_IF_ERROR(SetTime(scratch.path()));
  return fs.Rename(scratch.path(), layout_.MapOf(hashed.file.id));
}

Status FolderLibrary::Publish(const stdfs::path& scratch, const HashedContent& hashed) {
  auto& fs = *options_.fs;
  const auto& [id, bytes] = hashed.file;
  const auto target = layout_.FileOf(id);
  WW_TRY_STATUS(MakeFolder(fs, layout_.FolderOf(id)), "content library");
  WW_TRY(const auto lock, TakeLock(fs, layout_.lock(), LockKind::kShared), "content library");
  if (const auto size = Size(id); size && *size == bytes) {
    if (auto renewed = SetTime(layout_.MapOf(id)); !renewed) {
      if (renewed.error().code != Code::kNotFound) return renewed;
      WW_RETURN_IF_ERROR(WriteMap(hashed));
    }
    return fs.Remove(scratch);
  }
  // The map first: a file that is there has one, unless somebody takes it away.
  WW_RETURN_IF_ERROR(WriteMap(hashed));
  std::error_code error;
  stdfs::permissions(scratch, stdfs::perms(0444), error);
  if (error) return Fail(Code::kIo, fmt::format("{}: {}", scratch.string(), error.message()));
  WW_RETURN_IF_ERROR(fs.Rename(scratch, target));
  WW_RETURN_IF_ERROR(fs.SyncDirectory(layout_.FolderOf(id)));
  options_.log->Info(kComponent, "added {}, {} bytes", id.ToText(), bytes);
  return {};
}

bool FolderLibrary::Has(const ContentId& id) const {
  std::error_code error;
  return stdfs::is_regular_file(layout_.FileOf(id), error);
}

Result<std::uint64_t> FolderLibrary::Size(const ContentId& id) const {
  std::error_code error;
  const auto size = stdfs::file_size(layout_.FileOf(id), error);
  if (!error) return size;
  if (error == std::errc::no_such_file_or_directory) return Missing(id);
  return Fail(Code::kIo, fmt::format("{}: {}", layout_.FileOf(id).string(), error.message()));
}

Result<std::unique_ptr<File>> FolderLibrary::Open(const ContentId& id) const {
  auto file = options_.fs->Open(layout_.FileOf(id), OpenMode::kRead);
  if (!file && file.error().code == Code::kNotFound) return Missing(id);
  return file;
}

std::optional<stdfs::path> FolderLibrary::PathOf(const ContentId& id) const {
  if (!Has(id)) return std::nullopt;
  return layout_.FileOf(id);
}

Result<BlockMap> FolderLibrary::Blocks(const ContentId& id) {
  WW_TRY(const auto size, Size(id), "block map");
  if (const auto bytes = ReadFile(*options_.fs, layout_.MapOf(id), kMaxMapFile)) {
    auto map = ParseBlockMap(*bytes);
    if (map && map->file == StoredFile{id, size}) return map;
  }
  options_.log->Warning(kComponent, "the block map of {} is made again", id.ToText());
  WW_TRY(auto map, ReadAndCheck(id, NullProgress(), NeverCancelled()), "block map");
  WW_TRY(const auto lock, TakeLock(*options_.fs, layout_.lock(), LockKind::kShared), "block map");
  if (!Has(id)) return Missing(id);
  WW_RETURN_IF_ERROR(WriteMap(map));
  return map;
}

Result<HashedContent> FolderLibrary::ReadAndCheck(const ContentId& id, Progress& progress,
                                                  const Cancellation& cancellation) {
  // While the file is open no other one gets its inode.
  WW_TRY(const auto file, Open(id), "verifying content");
  const auto identity = IdentityOf(layout_.FileOf(id));
  WW_TRY(auto hashed, HashContent(*file, nullptr, progress, cancellation), "verifying content");
  if (hashed.file.id == id) return hashed;
  WW_TRY_STATUS(Quarantine(id, identity), "quarantine");
  options_.log->Error(kComponent, "{} is damaged: its bytes are {}. It is in quarantine.",
                      id.ToText(), hashed.file.id.ToText());
  return Fail(Error{Code::kVerificationFailed,
                    fmt::format("content {} is damaged and was put into quarantine", id.ToText()),
                    "Add the content again, or distribute it again; check the disk.", 0});
}

Status FolderLibrary::Verify(const ContentId& id, Progress& progress,
                             const Cancellation& cancellation) {
  return ReadAndCheck(id, progress, cancellation).map([](const HashedContent&) {});
}

Status FolderLibrary::Quarantine(const ContentId& id, const FileIdentity& read) {
  auto& fs = *options_.fs;
  const auto path = layout_.FileOf(id);
  WW_RETURN_IF_ERROR(MakeFolder(fs, layout_.quarantine()));
  WW_TRY(const auto lock, TakeLock(fs, layout_.lock(), LockKind::kExclusive), "content library");
  if (!IdentityOf(path).IsSameFile(read)) return {};  // somebody was quicker, or healed it
  std::error_code error;
  for (int n = 1;; ++n) {
    const auto to = layout_.quarantine() / fmt::format("{}.{}", id.ToText(), n);
    if (stdfs::exists(to, error)) continue;
    WW_RETURN_IF_ERROR(fs.Rename(path, to));
    break;
  }
  WW_RETURN_IF_ERROR(fs.SyncDirectory(layout_.quarantine()));
  return fs.SyncDirectory(layout_.FolderOf(id));
}

Status FolderLibrary::Renew(const ContentId& id) {
  WW_TRY(const auto lock, TakeLock(*options_.fs, layout_.lock(), LockKind::kShared),
         "content library");
  if (!Has(id)) return Missing(id);
  auto renewed = SetTime(layout_.MapOf(id));
  if (renewed || renewed.error().code != Code::kNotFound) return renewed;
  WW_TRY(const auto map, ReadAndCheck(id, NullProgress(), NeverCancelled()), "block map");
  return WriteMap(map);
}

Result<std::unique_ptr<Library>> OpenFolderLibrary(FolderOptions options) {
  std::error_code error;
  options.dir = stdfs::absolute(options.dir, error);
  const Layout layout{options.dir};
  for (const auto& dir : {layout.dir, layout.files(), layout.scratch()}) {
    WW_TRY_STATUS(MakeFolder(*options.fs, dir), "content library");
  }
  RemoveDeadScratch(*options.fs, layout.scratch(), *options.log);
  WW_TRY(auto scratch, ScratchFolder::Make(*options.fs, layout.scratch()), "content library");
  return std::make_unique<FolderLibrary>(std::move(options), std::move(scratch));
}

}  // namespace ww::content
