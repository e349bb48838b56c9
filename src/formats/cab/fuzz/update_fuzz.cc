// Any file as an update: what kind it is, nested cabinets, properties, and every member streamed.
#include <algorithm>
#include <cstdint>

#include "wimwright/cab/cabinet.h"
#include "wimwright/cab/scan.h"
#include "wimwright/cab/update_package.h"

namespace {

class MemoryFile final : public ww::File {
 public:
  explicit MemoryFile(ww::Bytes bytes) : bytes_(std::move(bytes)) {}
  ww::Result<std::uint64_t> Size() const override { return bytes_.size(); }
  ww::Status ReadAt(std::uint64_t offset, ww::MutableByteView out) const override {
    const auto part = ww::Slice(bytes_, offset, out.size());
    if (!part) return ww::Fail(part.error());
    std::copy(part->begin(), part->end(), out.begin());
    return {};
  }
  ww::Status WriteAt(std::uint64_t offset, ww::ByteView bytes) override {
    if (offset + bytes.size() > 16U << 20) return ww::Fail(ww::Code::kNoSpace, "full");
    bytes_.resize(std::max<std::size_t>(bytes_.size(), offset + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  ww::Status Truncate(std::uint64_t) override { return {}; }
  ww::Status Sync() override { return {}; }
  void StartWriteback(std::uint64_t, std::uint64_t) override {}
  ww::Status LockExclusive() override { return {}; }
  ww::Status LockShared() override { return {}; }

 private:
  ww::Bytes bytes_;
};

// One file, whatever it is called.
class OneFile final : public ww::FileSystem {
 public:
  using Path = std::filesystem::path;
  explicit OneFile(ww::ByteView content) : content_(content) {}
  ww::Result<std::unique_ptr<ww::File>> Open(const Path&, ww::OpenMode) override {
    return std::unique_ptr<ww::File>(std::make_unique<MemoryFile>(ww::ToBytes(content_)));
  }
  ww::Result<std::unique_ptr<ww::File>> CreateUnnamed(const Path&) override {
    return std::unique_ptr<ww::File>(std::make_unique<MemoryFile>(ww::Bytes()));
  }
  ww::Result<std::unique_ptr<ww::File>> CreateNew(const Path&) override { return Refuse(); }
  ww::Result<std::unique_ptr<ww::File>> Clone(const Path&, const Path&) override {
    return Refuse();
  }
  ww::Status Rename(const Path&, const Path&) override { return Refuse(); }
  ww::Status Remove(const Path&) override { return Refuse(); }
  ww::Status SyncDirectory(const Path&) override { return Refuse(); }
  ww::Result<std::uint64_t> FreeSpace(const Path&) override { return Refuse(); }

 private:
  static tl::unexpected<ww::Error> Refuse() {
    return ww::Fail(ww::Code::kInternal, "not expected");
  }
  ww::ByteView content_;
};

class CappedSink final : public ww::cab::MemberSink {
 public:
  ww::Status Begin(const ww::cab::Member&, std::size_t) override { return {}; }
  ww::Status Write(ww::ByteView bytes) override {
    if (bytes.size() > left_) return ww::Fail(ww::Code::kLimit, "enough");
    left_ -= bytes.size();
    return {};
  }
  ww::Status End() override { return {}; }

 private:
  std::size_t left_ = 4 << 20;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  OneFile fs(std::as_bytes(std::span(data, size)));
  auto update = ww::cab::OpenUpdate(fs, "/nowhere/update.msu", {});
  if (!update) return 0;
  static_cast<void>(ww::cab::ReadScanMetadata(*update));
  for (auto& package : update->packages) {
    std::vector<std::size_t> all(package->members().list().size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    CappedSink sink;
    static_cast<void>(package->members().Stream(all, sink));
  }
  return 0;
}
