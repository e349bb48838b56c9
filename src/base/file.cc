#include "wimwright/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

#include "wimwright/base/handle.h"

namespace ww {
namespace {

namespace stdfs = std::filesystem;

tl::unexpected<Error> OsError(std::string_view what, const stdfs::path& path, int error) {
  Code code = Code::kIo;
  if (error == ENOENT || error == ENOTDIR) code = Code::kNotFound;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) code = Code::kNoSpace;
  if (error == EEXIST) code = Code::kConflict;
  return Fail(code, fmt::format("{} {}: {}", what, path.string(), std::strerror(error)));
}

class RealFile final : public File {
 public:
  RealFile(UniqueFd fd, stdfs::path path) : fd_(std::move(fd)), path_(std::move(path)) {}

  int fd() const { return fd_.get(); }

  Result<std::uint64_t> Size() const override {
    struct stat info {};
    if (::fstat(fd(), &info) != 0) return OsError("size of", path_, errno);
    return static_cast<std::uint64_t>(info.st_size);
  }

  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    if (direct_ && !Aligned(offset, out)) Direct(false);
    while (!out.empty()) {
      const auto n = ::pread(fd(), out.data(), out.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EINVAL && direct_) {
        Direct(false);
        continue;
      }
      if (n < 0) return OsError("reading", path_, errno);
      if (n == 0) {
        return Fail(Code::kCorrupt, fmt::format("{} ends at byte {}, {} more are expected",
                                                path_.string(), offset, out.size()));
      }
      offset += static_cast<std::uint64_t>(n);
      out = out.subspan(static_cast<std::size_t>(n));
    }
    return {};
  }

  Status WriteAt(std::uint64_t offset, ByteView bytes) override {
    if (direct_ && !Aligned(offset, bytes)) WriteDirectly(false);
    while (!bytes.empty()) {
      const auto n = ::pwrite(fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EINVAL && direct_) {  // other blocks than ours: through the cache then
        WriteDirectly(false);
        continue;
      }
      if (n < 0) return OsError("writing", path_, errno);
      offset += static_cast<std::uint64_t>(n);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
  }

  Status Truncate(std::uint64_t size) override {
    if (::ftruncate(fd(), static_cast<off_t>(size)) != 0)
      return OsError("truncating", path_, errno);
    return {};
  }

  Status Sync() override {
    if (::fsync(fd()) != 0) return OsError("syncing", path_, errno);
    return {};
  }

  void StartWriteback(std::uint64_t offset, std::uint64_t size) override {
    static_cast<void>(::sync_file_range(fd(), static_cast<off64_t>(offset),
                                        static_cast<off64_t>(size), SYNC_FILE_RANGE_WRITE));
  }

  void WriteDirectly(bool on) override { Direct(on); }
  void ReadDirectly(bool on) override { Direct(on); }

  Status LockExclusive() override { return Lock(LOCK_EX); }
  Status LockShared() override { return Lock(LOCK_SH); }

 private:
  void Direct(bool on) const {
    const int flags = ::fcntl(fd(), F_GETFL);
    if (flags < 0) return;
    direct_ = ::fcntl(fd(), F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT) == 0 && on;
  }

  static bool Aligned(std::uint64_t offset, ByteView bytes) {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
    return (offset | bytes.size() | address) % kDirectAlignment == 0;
  }

  Status Lock(int kind) {
    if (::flock(fd(), kind | LOCK_NB) == 0) return {};
    if (errno == EWOULDBLOCK) {
      return Fail(Code::kBusy, fmt::format("{} is in use by another process", path_.string()));
    }
    return OsError("locking", path_, errno);
  }

  UniqueFd fd_;
  stdfs::path path_;
  mutable std::atomic<bool> direct_ = false;
};

class OsFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> Open(const stdfs::path& path, OpenMode mode) override {
    return OpenWith(path, (mode == OpenMode::kRead ? O_RDONLY : O_RDWR), "opening");
  }

  Result<std::unique_ptr<File>> CreateNew(const stdfs::path& path) override {
    return OpenWith(path, O_RDWR | O_CREAT | O_EXCL, "creating");
  }

  Result<std::unique_ptr<File>> CreateUnnamed(const stdfs::path& dir) override {
    return OpenWith(dir, O_RDWR | O_TMPFILE, "creating a temporary file in");
  }

  Result<std::unique_ptr<File>> Clone(const stdfs::path& from, const stdfs::path& to) override {
    WW_TRY(auto source, Open(from, OpenMode::kRead), "copying");
    WW_TRY(auto target, CreateNew(to), "copying");
    const int in = static_cast<RealFile&>(*source).fd();
    const int out = static_cast<RealFile&>(*target).fd();
    if (::ioctl(out, FICLONE, in) == 0) return target;
    const int why = errno;
    WW_RETURN_IF_ERROR(Remove(to));
    if (why == ENOSPC || why == EDQUOT || why == EIO) return OsError("copying to", to, why);
    return Fail(Code::kUnsupported,
                fmt::format("{} cannot share blocks with {}", to.string(), from.string()));
  }

  Status Rename(const stdfs::path& from, const stdfs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return OsError("renaming to", to, errno);
    return {};
  }

  Status Remove(const stdfs::path& path) override {
    if (::unlink(path.c_str()) != 0) return OsError("removing", path, errno);
    return {};
  }

  Status SyncDirectory(const stdfs::path& dir) override {
    const UniqueFd fd(::open(dir.empty() ? "." : dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) return OsError("syncing directory", dir, errno);
    return {};
  }

  Result<std::uint64_t> FreeSpace(const stdfs::path& dir) override {
    struct statvfs info {};
    if (::statvfs(dir.empty() ? "." : dir.c_str(), &info) != 0) {
      return OsError("free space of", dir, errno);
    }
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }

 private:
  static Result<std::unique_ptr<File>> OpenWith(const stdfs::path& path, int flags,
                                                std::string_view what) {
    const auto& at = path.empty() ? stdfs::path(".") : path;
    // Opening a pipe would wait for a writer, and what comes from it has neither size nor places.
    // Asked before: an open that does not wait fails on files that Samba has leased out.
    struct stat before {};
    if (::stat(at.c_str(), &before) == 0 &&
        (S_ISFIFO(before.st_mode) || S_ISSOCK(before.st_mode))) {
      return Fail(Error{Code::kUsage, fmt::format("{} is a pipe, not a file", path.string()),
                        "Save what comes out of it to a file, and name that.", 0});
    }
    UniqueFd fd(::open(at.c_str(), flags | O_CLOEXEC, 0666));
    if (!fd) return OsError(what, path, errno);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return OsError(what, path, errno);
    if (S_ISDIR(info.st_mode)) return OsError(what, path, EISDIR);
    return std::make_unique<RealFile>(std::move(fd), path);
  }
};

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}

FileSystem& RealFileSystem() {
  static OsFileSystem instance;
  return instance;
}

Status CopyDirectly(const File& source, File& target, std::uint64_t size,
                    const std::function<Status(std::uint64_t)>& on_piece) {
  constexpr std::size_t kStep = 4u << 20;  // large enough for a disk, small enough to be stopped
  Bytes memory(kStep + kDirectAlignment);
  void* aligned = memory.data();
  std::size_t room = memory.size();
  std::align(kDirectAlignment, kStep, aligned, room);
  const MutableByteView buffer(static_cast<std::byte*>(aligned), kStep);
  target.WriteDirectly(true);
  for (std::uint64_t at = 0; at < size;) {
    const auto piece =
        buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(kStep, size - at)));
    WW_RETURN_IF_ERROR(source.ReadAt(at, piece));
    WW_RETURN_IF_ERROR(target.WriteAt(at, piece));
    at += piece.size();
    WW_RETURN_IF_ERROR(on_piece(piece.size()));
  }
  target.WriteDirectly(false);
  return {};
}

Result<Bytes> ReadFile(FileSystem& fs, const stdfs::path& path, std::uint64_t limit) {
  WW_TRY(const auto file, fs.Open(path, OpenMode::kRead), "reading a file");
  WW_TRY(const auto size, file->Size(), "reading a file");
  if (size > limit) {
    return Fail(Code::kLimit, fmt::format("{} has {} bytes, at most {} are expected", path.string(),
                                          size, limit));
  }
  Bytes out(static_cast<std::size_t>(size));
  WW_RETURN_IF_ERROR(file->ReadAt(0, out));
  return out;
}

}  // namespace ww
