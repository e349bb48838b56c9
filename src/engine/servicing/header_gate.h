// In place, the proof comes before the header: nothing unproven is ever visible.
#pragma once

#include <functional>

#include "wimwright/base/file.h"

namespace ww::servicing {

// Passes everything on to `inner`, except that the one write which makes an appended WIM session
// visible, that of its 208-byte header, first asks `prove`. It gets the header that is about to be
// written; by then everything else is on stable storage (wim::Editor). An error from it is the
// result of the write; what the session appended is cut off, and the file is what it was; so
// it is when `prove` throws. `inner` and `prove` outlive all files.
//
// After the header was passed on, nothing may cut the file any more: the tail now belongs to it,
// even when a later fsync fails. Truncate() refuses then.
class HeaderGate final : public FileSystem {
 public:
  using Proof = std::function<Status(ByteView header)>;
  HeaderGate(FileSystem& inner, Proof prove) : inner_(inner), prove_(std::move(prove)) {}

  Result<std::unique_ptr<File>> Open(const std::filesystem::path& path, OpenMode mode) override;
  Result<std::unique_ptr<File>> CreateNew(const std::filesystem::path& path) override;
  Result<std::unique_ptr<File>> CreateUnnamed(const std::filesystem::path& dir) override;
  Result<std::unique_ptr<File>> Clone(const std::filesystem::path& from,
                                      const std::filesystem::path& to) override;
  Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Status Remove(const std::filesystem::path& path) override;
  Status SyncDirectory(const std::filesystem::path& dir) override;
  Result<std::uint64_t> FreeSpace(const std::filesystem::path& dir) override;

 private:
  FileSystem& inner_;
  Proof prove_;
};

// `file` as it will read once `header` is written over its first bytes. Read-only.
std::unique_ptr<File> WithHeader(std::unique_ptr<File> file, ByteView header);

}  // namespace ww::servicing
