// Files seen through other files.
#pragma once

#include <memory>

#include "read_only_file.h"

namespace ww::cab {

// The shared file for a reader that wants one of its own.
class SharedFile final : public ReadOnlyFile {
 public:
  explicit SharedFile(std::shared_ptr<const File> file) : file_(std::move(file)) {}
  Result<std::uint64_t> Size() const override { return file_->Size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    return file_->ReadAt(offset, out);
  }

 private:
  std::shared_ptr<const File> file_;
};

// A part of a file.
class RangeFile final : public ReadOnlyFile {
 public:
  RangeFile(std::shared_ptr<const File> file, std::uint64_t offset, std::uint64_t size)
      : file_(std::move(file)), offset_(offset), size_(size) {}
  Result<std::uint64_t> Size() const override { return size_; }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    if (offset > size_ || out.size() > size_ - offset) {
      return Fail(Code::kCorrupt, "reading beyond the end of a member");
    }
    return file_->ReadAt(offset_ + offset, out);
  }

 private:
  std::shared_ptr<const File> file_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

}  // namespace ww::cab
