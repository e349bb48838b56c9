#include "header_gate.h"

#include <algorithm>

#include "wimwright/wim/header.h"

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

class GatedFile final : public File {
 public:
  GatedFile(std::unique_ptr<File> inner, std::uint64_t size, const HeaderGate::Proof& prove)
      : inner_(std::move(inner)), prove_(prove), floor_(size) {}

  Result<std::uint64_t> Size() const override { return inner_->Size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    return inner_->ReadAt(offset, out);
  }
  Status WriteAt(std::uint64_t offset, ByteView bytes) override {
    if (offset >= wim::kHeaderSize || bytes.empty()) return inner_->WriteAt(offset, bytes);
    if (offset != 0 || bytes.size() != wim::kHeaderSize || visible_) {
      return Fail(Code::kInternal, "the header of the image is to be written piecemeal or twice");
    }
    old_.resize(wim::kHeaderSize);
    if (auto read = inner_->ReadAt(0, old_); !read) return CutOff(read.error());
    if (auto proved = Prove(bytes); !proved) return CutOff(proved.error());
    visible_ = true;
    auto written = inner_->WriteAt(0, bytes);
    if (written) return written;
    Bytes now(wim::kHeaderSize);
    if (!inner_->ReadAt(0, now) || now != old_) return written;
    visible_ = false;
    return CutOff(written.error());
  }
  Status Truncate(std::uint64_t size) override {
    if (visible_) return Fail(Code::kInternal, "the new content is visible already, it stays");
    floor_ = std::min(floor_, size);
    return inner_->Truncate(size);
  }
  // A new header that cannot be brought to stable storage is taken back: a failed job leaves the
  // old image, not one that a power failure may still undo.
  Status Sync() override {
    auto synced = inner_->Sync();
    if (synced || !visible_) return synced;
    if (auto back = inner_->WriteAt(0, old_); !back) {
      return Fail(synced.error().FollowedBy(back.error()));
    }
    visible_ = false;
    return CutOff(synced.error());
  }
  void StartWriteback(std::uint64_t offset, std::uint64_t size) override {
    inner_->StartWriteback(offset, size);
  }
  Status LockExclusive() override { return inner_->LockExclusive(); }
  Status LockShared() override { return inner_->LockShared(); }

 private:
  // When memory runs out in the proof, nobody else will cut the session off either.
  Status Prove(ByteView header) {
    try {
      return prove_(header);
    } catch (...) {
      static_cast<void>(inner_->Truncate(floor_));
      throw;
    }
  }

  // The session ends without having been seen. The editor, which believes the header written, would
  // leave its tail.
  Status CutOff(const Error& cause) {
    auto cut = inner_->Truncate(floor_);
    return Fail(cut ? cause : cause.FollowedBy(cut.error()));
  }

  std::unique_ptr<File> inner_;
  const HeaderGate::Proof& prove_;
  std::uint64_t floor_;  // size before the session
  Bytes old_;            // the header before the session
  bool visible_ = false;
};

class OverlaidFile final : public File {
 public:
  OverlaidFile(std::unique_ptr<File> inner, ByteView header)
      : inner_(std::move(inner)), header_(ToBytes(header)) {}

  Result<std::uint64_t> Size() const override { return inner_->Size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    WW_RETURN_IF_ERROR(inner_->ReadAt(offset, out));
    if (offset >= header_.size()) return {};
    const auto from = static_cast<std::size_t>(offset);
    const auto count = std::min(out.size(), header_.size() - from);
    std::copy_n(header_.begin() + static_cast<std::ptrdiff_t>(from), count, out.begin());
    return {};
  }
  Status WriteAt(std::uint64_t, ByteView) override { return ReadOnly(); }
  Status Truncate(std::uint64_t) override { return ReadOnly(); }
  Status Sync() override { return ReadOnly(); }
  void StartWriteback(std::uint64_t, std::uint64_t) override {}
  Status LockExclusive() override { return ReadOnly(); }
  Status LockShared() override { return inner_->LockShared(); }

 private:
  static Status ReadOnly() { return Fail(Code::kInternal, "a view for the proof is read-only"); }
  std::unique_ptr<File> inner_;
  Bytes header_;
};

}  // namespace

std::unique_ptr<File> WithHeader(std::unique_ptr<File> file, ByteView header) {
  return std::make_unique<OverlaidFile>(std::move(file), header);
}

Result<std::unique_ptr<File>> HeaderGate::Open(const stdfs::path& path, OpenMode mode) {
  auto file = inner_.Open(path, mode);
  if (!file || mode == OpenMode::kRead) return file;
  WW_TRY(const auto size, (*file)->Size(), "opening for writing");
  return std::unique_ptr<File>(std::make_unique<GatedFile>(std::move(*file), size, prove_));
}
Result<std::unique_ptr<File>> HeaderGate::CreateNew(const stdfs::path& path) {
  return inner_.CreateNew(path);
}
Result<std::unique_ptr<File>> HeaderGate::CreateUnnamed(const stdfs::path& dir) {
  return inner_.CreateUnnamed(dir);
}
Result<std::unique_ptr<File>> HeaderGate::Clone(const stdfs::path& from, const stdfs::path& to) {
  return inner_.Clone(from, to);
}
Status HeaderGate::Rename(const stdfs::path& from, const stdfs::path& to) {
  return inner_.Rename(from, to);
}
Status HeaderGate::Remove(const stdfs::path& path) { return inner_.Remove(path); }
Status HeaderGate::SyncDirectory(const stdfs::path& dir) { return inner_.SyncDirectory(dir); }
Result<std::uint64_t> HeaderGate::FreeSpace(const stdfs::path& dir) {
  return inner_.FreeSpace(dir);
}

}  // namespace ww::servicing
