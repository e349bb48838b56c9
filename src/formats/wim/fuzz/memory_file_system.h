// One file in memory, for the fuzz targets.
#pragma once

#include <algorithm>
#include <memory>

#include "wimwright/base/file.h"

namespace ww::wim {

class MemoryFile final : public File {
 public:
  explicit MemoryFile(std::shared_ptr<Bytes> bytes) : bytes_(std::move(bytes)) {}
  Result<std::uint64_t> Size() const override { return bytes_->size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    WW_TRY(const auto view, Slice(*bytes_, offset, out.size()), "memory");
    std::copy(view.begin(), view.end(), out.begin());
    return {};
  }
  Status WriteAt(std::uint64_t offset, ByteView bytes) override {
    if (bytes_->size() < offset + bytes.size()) bytes_->resize(offset + bytes.size());
    std::copy(bytes.begin(), bytes.end(), bytes_->begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  Status Truncate(std::uint64_t size) override {
    bytes_->resize(size);
    return {};
  }
  Status Sync() override { return {}; }
  void StartWriteback(std::uint64_t, std::uint64_t) override {}
  Status LockExclusive() override { return {}; }
  Status LockShared() override { return {}; }

 private:
  std::shared_ptr<Bytes> bytes_;
};

class MemoryFileSystem final : public FileSystem {
 public:
  explicit MemoryFileSystem(std::shared_ptr<Bytes> bytes) : bytes_(std::move(bytes)) {}
  Result<std::unique_ptr<File>> Open(const std::filesystem::path&, OpenMode) override {
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(bytes_));
  }
  Result<std::unique_ptr<File>> CreateNew(const std::filesystem::path&) override { return No(); }
  Result<std::unique_ptr<File>> CreateUnnamed(const std::filesystem::path&) override {
    return No();
  }
  Result<std::unique_ptr<File>> Clone(const std::filesystem::path&,
                                      const std::filesystem::path&) override {
    return No();
  }
  Status Rename(const std::filesystem::path&, const std::filesystem::path&) override {
    return No();
  }
  Status Remove(const std::filesystem::path&) override { return No(); }
  Status SyncDirectory(const std::filesystem::path&) override { return No(); }
  Result<std::uint64_t> FreeSpace(const std::filesystem::path&) override { return 0; }

 private:
  static tl::unexpected<Error> No() { return Fail(Code::kUnsupported, "memory"); }
  std::shared_ptr<Bytes> bytes_;
};

}  // namespace ww::wim
