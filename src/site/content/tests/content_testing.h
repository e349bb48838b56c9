// What the tests of the library share: a folder, bytes, and a file system that fails or stops.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "wimwright/content/library.h"

namespace ww::content {

namespace stdfs = std::filesystem;

class TestFolder {
 public:
  TestFolder() {
    auto pattern = (stdfs::temp_directory_path() / "ww_content_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    stdfs::remove_all(path_, ignored);
  }
  stdfs::path operator/(const stdfs::path& name) const { return path_ / name; }
  const stdfs::path& path() const { return path_; }

 private:
  stdfs::path path_;
};

inline Bytes RandomBytes(std::size_t size, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  Bytes out(size + 8);
  for (std::size_t i = 0; i < size; i += 8) StoreLe<std::uint64_t>(out.data() + i, random());
  out.resize(size);
  return out;
}

inline void WriteWhole(const stdfs::path& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

inline Bytes ReadWhole(const stdfs::path& path) {
  auto bytes = ReadFile(RealFileSystem(), path, std::uint64_t{1} << 32);
  EXPECT_TRUE(bytes) << path;
  return bytes ? *bytes : Bytes();
}

inline ContentId IdOf(ByteView bytes) { return {Sha256(bytes)}; }

inline BlockMap MapOf(ByteView bytes) {
  BlockHasher hasher;
  hasher.Update(bytes);
  return {{IdOf(bytes), bytes.size()}, hasher.Finish()};
}

// Passes on to the real one. The n-th operation that changes something fails, and so do all after
// it: the process might as well have been killed there. Shares no blocks.
class FailingFileSystem final : public FileSystem {
 public:
  explicit FailingFileSystem(int fail_at = -1, Code code = Code::kIo)
      : left_(fail_at), code_(code) {}

  int operations() const { return operations_; }
  void set_free_space(std::uint64_t bytes) { free_ = bytes; }
  // Called before every write.
  std::function<void(std::uint64_t offset)> on_write;

  Status Step() {
    ++operations_;
    if (left_ < 0) return {};
    if (left_ == 0) return Fail(code_, "the test says so");
    --left_;
    return {};
  }

  Result<std::unique_ptr<File>> Open(const stdfs::path& path, OpenMode mode) override {
    return Wrap(RealFileSystem().Open(path, mode));
  }
  Result<std::unique_ptr<File>> CreateNew(const stdfs::path& path) override {
    WW_RETURN_IF_ERROR(Step());
    return Wrap(RealFileSystem().CreateNew(path));
  }
  Result<std::unique_ptr<File>> CreateUnnamed(const stdfs::path& dir) override {
    return RealFileSystem().CreateUnnamed(dir);
  }
  Result<std::unique_ptr<File>> Clone(const stdfs::path&, const stdfs::path&) override {
    return Fail(Code::kUnsupported, "no shared blocks here");
  }
  Status Rename(const stdfs::path& from, const stdfs::path& to) override {
    WW_RETURN_IF_ERROR(Step());
    return RealFileSystem().Rename(from, to);
  }
  Status Remove(const stdfs::path& path) override {
    WW_RETURN_IF_ERROR(Step());
    return RealFileSystem().Remove(path);
  }
  Status SyncDirectory(const stdfs::path&) override { return Step(); }
  Result<std::uint64_t> FreeSpace(const stdfs::path& dir) override {
    if (free_) return *free_;
    return RealFileSystem().FreeSpace(dir);
  }

 private:
  class FailingFile final : public File {
   public:
    FailingFile(std::unique_ptr<File> inner, FailingFileSystem& fs)
        : inner_(std::move(inner)), fs_(fs) {}
    Result<std::uint64_t> Size() const override { return inner_->Size(); }
    Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
      return inner_->ReadAt(offset, out);
    }
    Status WriteAt(std::uint64_t offset, ByteView bytes) override {
      if (fs_.on_write) fs_.on_write(offset);
      WW_RETURN_IF_ERROR(fs_.Step());
      return inner_->WriteAt(offset, bytes);
    }
    Status Truncate(std::uint64_t size) override {
      WW_RETURN_IF_ERROR(fs_.Step());
      return inner_->Truncate(size);
    }
    Status Sync() override { return fs_.Step(); }
    void StartWriteback(std::uint64_t, std::uint64_t) override {}
    Status LockExclusive() override { return inner_->LockExclusive(); }
    Status LockShared() override { return inner_->LockShared(); }

   private:
    std::unique_ptr<File> inner_;
    FailingFileSystem& fs_;
  };

  Result<std::unique_ptr<File>> Wrap(Result<std::unique_ptr<File>> file) {
    if (!file) return file;
    return std::make_unique<FailingFile>(*std::move(file), *this);
  }

  int left_;
  const Code code_;
  int operations_ = 0;
  std::optional<std::uint64_t> free_;
};

inline std::unique_ptr<Library> OpenOrDie(FolderOptions options) {
  auto library = OpenFolderLibrary(std::move(options));
  EXPECT_TRUE(library) << library.error().message;
  return library ? *std::move(library) : nullptr;
}

#define WW_ASSERT_OK(expr)                                           \
  do {                                                               \
    const auto& ww_result = (expr);                                  \
    ASSERT_TRUE(ww_result.has_value()) << ww_result.error().message; \
  } while (false)

}  // namespace ww::content
