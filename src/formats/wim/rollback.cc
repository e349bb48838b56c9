#include "wimwright/wim/rollback.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "rollback_record.h"
#include "wim_file_state.h"

namespace ww::wim {
namespace {

// The file as it was. Borrows the present one.
class FormerFile final : public File {
 public:
  FormerFile(const File& file, const RollbackRecord& record) : file_(file), record_(record) {}

  Result<std::uint64_t> Size() const override { return record_.former_size; }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    if (offset > record_.former_size || out.size() > record_.former_size - offset) {
      return Fail(Code::kCorrupt, "behind the end of the former file");
    }
    WW_RETURN_IF_ERROR(file_.ReadAt(offset, out));
    const auto& header = record_.former_header;
    if (offset >= header.size()) return {};
    const auto from = static_cast<std::size_t>(offset);
    std::copy_n(header.begin() + static_cast<std::ptrdiff_t>(from),
                std::min(out.size(), header.size() - from), out.begin());
    return {};
  }
  Status WriteAt(std::uint64_t, ByteView) override { return ReadOnly(); }
  Status Truncate(std::uint64_t) override { return ReadOnly(); }
  Status Sync() override { return ReadOnly(); }
  void StartWriteback(std::uint64_t, std::uint64_t) override {}
  Status LockExclusive() override { return ReadOnly(); }
  Status LockShared() override { return ReadOnly(); }

 private:
  static Status ReadOnly() { return Fail(Code::kInternal, "a former state is read-only"); }
  const File& file_;
  const RollbackRecord& record_;
};

Result<RollbackRecord> ReadRecord(const WimFile& wim) {
  const auto nothing = [] {
    const Error error{Code::kUnsupported,
                      "nothing to roll back: the last to write it was no job in place",
                      {},
                      0};
    return Fail(error.WithNextStep(
        "Only a file that `apply --in-place` was the last to write can be rolled back; otherwise "
        "restore the image from where it came from."));
  };
  const auto table = wim.header().blob_table.offset;
  if (table < kHeaderSize + kRollbackRecordSize) return nothing();
  std::array<std::byte, kRollbackRecordSize> bytes{};
  WW_RETURN_IF_ERROR(StateAccess::FileOf(wim).ReadAt(table - bytes.size(), bytes));
  auto record = RollbackRecord::Parse(bytes);
  if (!record && record.error().code == Code::kNotFound) return nothing();
  if (!record) return record;
  // The former file ends before what was appended to it. So every step back is a shorter file.
  if (record->former_size < kHeaderSize || record->former_size > table - bytes.size()) {
    return Fail(Code::kCorrupt,
                fmt::format("the rollback record speaks of {} bytes", record->former_size));
  }
  return record;
}

Status CheckFormer(const WimFile& wim, const RollbackRecord& record) {
  const auto& file = StateAccess::FileOf(wim);
  WW_TRY(const auto state, StateDigestOf(file, wim.header()), "the present state");
  if (state != record.state) {
    const Error error{Code::kConflict,
                      "another program has changed the image since the last job in place",
                      {},
                      0};
    return Fail(error.WithNextStep(
        "Rolling back would undo that too: restore the image from where it came from."));
  }
  WW_TRY(const auto former, WimFile::Open(std::make_unique<FormerFile>(file, record), wim.path()),
         "the former state");
  WW_TRY(const auto was, StateDigestOf(StateAccess::FileOf(*former), former->header()),
         "the former state");
  if (was != record.former_state || former->tail().bytes != 0) {
    return Fail(Code::kCorrupt, "the former state is damaged");
  }
  return {};
}

Result<RollbackRecord> FindRecord(const WimFile& wim) {
  const auto find = [&wim]() -> Result<RollbackRecord> {
    auto record = ReadRecord(wim);
    if (record) WW_RETURN_IF_ERROR(CheckFormer(wim, *record));
    return record;
  };
  WW_TRY(auto record, find(), wim.path().string());
  return record;
}

// Header first, cut second, each on stable storage before the next: in between lies the former
// image with a tail.
Status Restore(File& file, const Header& present, const RollbackRecord& record) {
  WW_TRY_STATUS(file.Sync(), "before the header");
  auto done = file.WriteAt(0, record.former_header);
  if (done) done = file.Sync();
  if (done) done = file.Truncate(record.former_size);
  if (!done) {
    auto back = file.WriteAt(0, SerialiseHeader(present));
    if (back) back = file.Sync();
    return Fail(back ? done.error() : done.error().FollowedBy(back.error()));
  }
  // The header is safe. Should the cut be lost, the file has a tail, which harms nobody.
  static_cast<void>(file.Sync());
  return {};
}

}  // namespace

Result<std::uint64_t> FormerSize(const WimFile& wim) {
  WW_TRY(const auto record, FindRecord(wim), "rollback");
  return record.former_size;
}

Result<RollbackResult> RollBack(FileSystem& fs, const std::filesystem::path& path) {
  WW_TRY(auto opened, fs.Open(path, OpenMode::kReadWrite), "WIM");
  auto& file = *opened;
  WW_TRY_STATUS(file.LockExclusive(), "rolling back");
  WW_TRY(const auto wim, WimFile::Open(std::move(opened), path), "WIM");
  if ((wim->header().flags & kFlagReadOnly) != 0) {
    const Error error{
        Code::kUnsupported, fmt::format("{} is marked read-only", path.string()), {}, 0};
    return Fail(error.WithNextStep("Clear the mark first, if the image may be changed."));
  }
  RollbackResult result;
  result.bytes_before = wim->file_size();
  const auto record = FindRecord(*wim);
  const bool foreign = !record && record.error().code == Code::kConflict;
  if (wim->tail().bytes != 0 && !foreign) {
    result.bytes_after = wim->tail().end;
    result.interrupted = true;
    WW_TRY_STATUS(file.Truncate(result.bytes_after), "cutting off an interrupted edit");
    static_cast<void>(file.Sync());  // as in Restore()
    return result;
  }
  if (!record) return Fail(record.error());
  WW_TRY_STATUS(Restore(file, wim->header(), *record), "rolling back");
  result.bytes_after = record->former_size;
  return result;
}

}  // namespace ww::wim
