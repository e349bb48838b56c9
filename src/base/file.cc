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
#include <cerrno>
#include <cstring>

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
    while (!out.empty()) {
      const auto n = ::pread(fd(), out.data(), out.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
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
    while (!bytes.empty()) {
      const auto n = ::pwrite(fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
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

  Status LockExclusive() override { return Lock(LOCK_EX); }
  Status LockShared() override { return Lock(LOCK_SH); }

 private:
  Status Lock(int kind) {
    if (::flock(fd(), kind | LOCK_NB) == 0) return {};
    if (errno == EWOULDBLOCK) {
      return Fail(Code::kBusy, fmt::format("{} is in use by another process", path_.string()));
    }
    return OsError("locking", path_, errno);
  }

  UniqueFd fd_;
  stdfs::path path_;
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
    WW_TRY(const auto size, source->Size(), "copying");
    WW_TRY(auto target, CreateNew(to), "copying");
    const int in = static_cast<RealFile&>(*source).fd();
    const int out = static_cast<RealFile&>(*target).fd();
    if (::ioctl(out, FICLONE, in) == 0) return target;
    auto copied = CopyRange(*source, *target, in, out, size, to);
    if (!copied) {
      static_cast<void>(Remove(to));
      return Fail(copied.error());
    }
    return target;
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
    UniqueFd fd(::open(at.c_str(), flags | O_CLOEXEC, 0666));
    if (!fd) return OsError(what, path, errno);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return OsError(what, path, errno);
    if (S_ISDIR(info.st_mode)) return OsError(what, path, EISDIR);
    return std::make_unique<RealFile>(std::move(fd), path);
  }

  static Status CopyRange(const File& source, File& target, int in, int out, std::uint64_t size,
                          const stdfs::path& to) {
    constexpr std::uint64_t kStep = 16u << 20;
    off_t in_offset = 0;
    off_t out_offset = 0;
    while (static_cast<std::uint64_t>(in_offset) < size) {
      const auto left = std::min(kStep, size - static_cast<std::uint64_t>(in_offset));
      const auto n = ::copy_file_range(in, &in_offset, out, &out_offset, left, 0);
      if (n > 0) continue;
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && (errno == ENOSPC || errno == EDQUOT)) return OsError("copying to", to, errno);
      break;  // not between these file systems: read and write the rest
    }
    Bytes buffer(1u << 20);
    for (auto at = static_cast<std::uint64_t>(in_offset); at < size;) {
      const auto step = std::min<std::uint64_t>(buffer.size(), size - at);
      const MutableByteView part(buffer.data(), step);
      WW_RETURN_IF_ERROR(source.ReadAt(at, part));
      WW_RETURN_IF_ERROR(target.WriteAt(at, part));
      at += step;
    }
    return {};
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
