#include "job_files.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

// Not in linux/magic.h of every supported kernel.
constexpr long kXfsMagic = 0x58465342;
constexpr long kBcachefsMagic = static_cast<long>(0xca451a4e);

class JobFile final : public File {
 public:
  JobFile(std::unique_ptr<File> inner, JobFileSystem& job) : inner_(std::move(inner)), job_(job) {}

  Result<std::uint64_t> Size() const override { return inner_->Size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    WW_RETURN_IF_ERROR(job_.Check());
    WW_RETURN_IF_ERROR(inner_->ReadAt(offset, out));
    job_.traffic().read += out.size();
    return {};
  }
  Status WriteAt(std::uint64_t offset, ByteView bytes) override {
    WW_RETURN_IF_ERROR(job_.Check());
    WW_RETURN_IF_ERROR(inner_->WriteAt(offset, bytes));
    job_.traffic().written += bytes.size();
    return {};
  }
  Status Truncate(std::uint64_t size) override { return inner_->Truncate(size); }
  Status Sync() override {
    WW_RETURN_IF_ERROR(job_.Check());
    return inner_->Sync();
  }
  void StartWriteback(std::uint64_t offset, std::uint64_t size) override {
    inner_->StartWriteback(offset, size);
  }
  void WriteDirectly(bool on) override { inner_->WriteDirectly(on); }
  Status LockExclusive() override { return inner_->LockExclusive(); }
  Status LockShared() override { return inner_->LockShared(); }

 private:
  std::unique_ptr<File> inner_;
  JobFileSystem& job_;
};

}  // namespace

bool SharesBlocks(const stdfs::path& from, const stdfs::path& to_dir) {
  const auto dir = to_dir.empty() ? stdfs::path(".") : to_dir;
  struct stat a {};
  struct stat b {};
  if (::stat(from.c_str(), &a) != 0 || ::stat(dir.c_str(), &b) != 0) return false;
  struct statfs info {};
  if (::statfs(dir.c_str(), &info) != 0) return false;
  const auto type = static_cast<long>(info.f_type);
  if (type == static_cast<long>(BTRFS_SUPER_MAGIC))
    return true;  // subvolumes have their own st_dev
  return a.st_dev == b.st_dev && (type == kXfsMagic || type == kBcachefsMagic);
}

Result<std::unique_ptr<File>> JobFileSystem::Wrap(Result<std::unique_ptr<File>> file) {
  if (!file) return file;
  return std::unique_ptr<File>(std::make_unique<JobFile>(std::move(*file), *this));
}

Result<std::unique_ptr<File>> JobFileSystem::Open(const stdfs::path& path, OpenMode mode) {
  WW_RETURN_IF_ERROR(Check());
  return Wrap(inner_.Open(path, mode));
}

Result<std::unique_ptr<File>> JobFileSystem::CreateNew(const stdfs::path& path) {
  WW_RETURN_IF_ERROR(Check());
  return Wrap(inner_.CreateNew(path));
}

Result<std::unique_ptr<File>> JobFileSystem::CreateUnnamed(const stdfs::path& dir) {
  WW_RETURN_IF_ERROR(Check());
  return Wrap(inner_.CreateUnnamed(dir));
}

Result<std::unique_ptr<File>> JobFileSystem::Clone(const stdfs::path& from, const stdfs::path& to) {
  WW_RETURN_IF_ERROR(Check());
  return Wrap(inner_.Clone(from, to));
}

Status JobFileSystem::Copy(const stdfs::path& from, const stdfs::path& to) {
  WW_TRY(auto source, Open(from, OpenMode::kRead), "copying");
  WW_TRY(const auto size, source->Size(), "copying");
  if (auto clone = Clone(from, to); clone) {
    progress_.Advance(size);
    return {};
  } else if (clone.error().code != Code::kUnsupported) {
    return Fail(clone.error());
  }
  WW_TRY(auto target, CreateNew(to), "copying");
  const auto advance = [this](std::uint64_t piece) -> Status {
    progress_.Advance(piece);
    return {};
  };
  auto copied = CopyDirectly(*source, *target, size, advance);
  if (copied) return copied;
  target.reset();
  if (auto removed = inner_.Remove(to); !removed) {
    return Fail(copied.error().FollowedBy(removed.error()));
  }
  return copied;
}

Status JobFileSystem::Rename(const stdfs::path& from, const stdfs::path& to) {
  return inner_.Rename(from, to);
}
Status JobFileSystem::Remove(const stdfs::path& path) { return inner_.Remove(path); }
Status JobFileSystem::SyncDirectory(const stdfs::path& dir) { return inner_.SyncDirectory(dir); }
Result<std::uint64_t> JobFileSystem::FreeSpace(const stdfs::path& dir) {
  return inner_.FreeSpace(dir);
}

}  // namespace ww::servicing
