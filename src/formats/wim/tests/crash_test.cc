// What is on disk after a kill or a power loss at any moment of an in-place edit.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "referee_fixture.h"
#include "wimwright/wim/editor.h"
#include "wimwright/wim/rollback.h"
#include "wimwright/wim/verify.h"

namespace ww::wim {
namespace {

namespace stdfs = std::filesystem;

constexpr FileTime kNow = 0x01DD0000'12345678;
const Image::Metadata kPlain{kAttributeArchive, kNow, kNow, kNow, -1};

struct Operation {
  enum class Kind { kWrite, kTruncate, kSync } kind;
  std::uint64_t offset = 0;
  Bytes bytes;
};

// Every operation that changes the file, in order; optionally one of them fails.
struct Journal {
  std::vector<Operation> operations;
  std::size_t fail_at = ~std::size_t{0};

  Status Note(Operation operation) {
    operations.push_back(std::move(operation));
    if (operations.size() - 1 == fail_at) return Fail(Code::kNoSpace, "injected");
    return {};
  }
};

class JournalFile final : public File {
 public:
  JournalFile(std::unique_ptr<File> inner, Journal& journal)
      : inner_(std::move(inner)), journal_(journal) {}
  Result<std::uint64_t> Size() const override { return inner_->Size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    return inner_->ReadAt(offset, out);
  }
  Status WriteAt(std::uint64_t offset, ByteView bytes) override {
    WW_RETURN_IF_ERROR(journal_.Note({Operation::Kind::kWrite, offset, ToBytes(bytes)}));
    return inner_->WriteAt(offset, bytes);
  }
  Status Truncate(std::uint64_t size) override {
    WW_RETURN_IF_ERROR(journal_.Note({Operation::Kind::kTruncate, size, {}}));
    return inner_->Truncate(size);
  }
  Status Sync() override { return journal_.Note({Operation::Kind::kSync, 0, {}}); }
  void StartWriteback(std::uint64_t, std::uint64_t) override {}
  Status LockExclusive() override { return inner_->LockExclusive(); }
  Status LockShared() override { return inner_->LockShared(); }

 private:
  std::unique_ptr<File> inner_;
  Journal& journal_;
};

class JournalFileSystem final : public FileSystem {
 public:
  explicit JournalFileSystem(Journal& journal) : journal_(journal) {}
  Result<std::unique_ptr<File>> Open(const stdfs::path& path, OpenMode mode) override {
    return Wrap(real_.Open(path, mode));
  }
  Result<std::unique_ptr<File>> CreateNew(const stdfs::path& path) override {
    return Wrap(real_.CreateNew(path));
  }
  Result<std::unique_ptr<File>> CreateUnnamed(const stdfs::path& dir) override {
    return Wrap(real_.CreateUnnamed(dir));
  }
  Result<std::unique_ptr<File>> Clone(const stdfs::path& from, const stdfs::path& to) override {
    return Wrap(real_.Clone(from, to));
  }
  Status Rename(const stdfs::path& from, const stdfs::path& to) override {
    return real_.Rename(from, to);
  }
  Status Remove(const stdfs::path& path) override { return real_.Remove(path); }
  Status SyncDirectory(const stdfs::path& dir) override { return real_.SyncDirectory(dir); }
  Result<std::uint64_t> FreeSpace(const stdfs::path& dir) override { return real_.FreeSpace(dir); }

 private:
  Result<std::unique_ptr<File>> Wrap(Result<std::unique_ptr<File>> file) {
    if (!file) return file;
    return std::unique_ptr<File>(std::make_unique<JournalFile>(*std::move(file), journal_));
  }
  FileSystem& real_ = RealFileSystem();
  Journal& journal_;
};

// A file in memory, to look at a state that never was on a disk.
class MemoryFile final : public File {
 public:
  explicit MemoryFile(Bytes bytes) : bytes_(std::move(bytes)) {}
  Result<std::uint64_t> Size() const override { return bytes_.size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) const override {
    WW_TRY(const auto view, Slice(bytes_, offset, out.size()), "memory");
    std::copy(view.begin(), view.end(), out.begin());
    return {};
  }
  Status WriteAt(std::uint64_t, ByteView) override { return Fail(Code::kIo, "read only"); }
  Status Truncate(std::uint64_t) override { return Fail(Code::kIo, "read only"); }
  Status Sync() override { return {}; }
  void StartWriteback(std::uint64_t, std::uint64_t) override {}
  Status LockExclusive() override { return {}; }
  Status LockShared() override { return {}; }

 private:
  Bytes bytes_;
};

void ApplyWrite(Bytes& file, std::uint64_t offset, ByteView bytes) {
  if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
}

void ApplyWhole(Bytes& file, const Operation& operation) {
  if (operation.kind == Operation::Kind::kWrite) {
    ApplyWrite(file, operation.offset, operation.bytes);
  } else if (operation.kind == Operation::Kind::kTruncate) {
    file.resize(operation.offset);
  }
}

class CrashTest : public test::RefereeTest, public testing::WithParamInterface<std::string> {
 protected:
  // One session with every kind of write: small, large, edited and incompressible content, two
  // images.
  Status Session(FileSystem& fs, const stdfs::path& path) {
    EditorOptions options;
    options.compression_level = 10;
    WW_TRY(const auto editor, Editor::OpenInPlace(fs, path, options), "session");
    for (const int index : {1, 2}) {
      WW_TRY(auto* const image, editor->image(index), "session");
      for (std::uint32_t i = 0; i < 6; ++i) {
        const auto size = i == 4 ? 2'200'000u : 30'000u * (i + 1);
        const auto content =
            i == 5 ? test::Incompressible(1'300'000, i) : test::Compressible(size, i);
        WW_TRY(const auto hash, editor->AddBlob(content), "session");
        WW_TRY_STATUS(
            image->AddFile(image->root(), "new " + std::to_string(i), kPlain, hash, content.size()),
            "session");
      }
      WW_TRY_STATUS(image->Remove(*image->Find("Windows\\System32\\one byte")), "session");
    }
    WW_TRY_STATUS(editor->Commit(kNow), "session");
    return {};
  }

  struct Expected {
    Bytes header;
    std::vector<Bytes> metadata;
  };
  static Expected Look(const Bytes& file) {
    Expected expected;
    expected.header.assign(file.begin(), file.begin() + kHeaderSize);
    const auto wim = WimFile::Open(std::make_unique<MemoryFile>(file), "memory");
    EXPECT_TRUE(wim);
    for (const int index : {1, 2}) expected.metadata.push_back(*(*wim)->ReadMetadata(index));
    return expected;
  }

  // The file is either the old or the new one, complete.
  void ExpectOldOrNew(const Bytes& file, const std::string& when, bool thorough) {
    const auto wim = WimFile::Open(std::make_unique<MemoryFile>(file), "memory");
    ASSERT_TRUE(wim) << when << ": " << wim.error().message;
    const bool is_new = std::equal(new_.header.begin(), new_.header.end(), file.begin());
    const auto& expected = is_new ? new_ : old_;
    ASSERT_TRUE(std::equal(expected.header.begin(), expected.header.end(), file.begin())) << when;
    for (const int index : {1, 2}) {
      const auto metadata = (*wim)->ReadMetadata(index);
      ASSERT_TRUE(metadata) << when << ": " << metadata.error().message;
      ASSERT_EQ(*metadata, expected.metadata[static_cast<std::size_t>(index) - 1]) << when;
    }
    if (!thorough && !is_new) return;
    const auto report = VerifyBlobs(**wim, 1, NullProgress(), NeverCancelled());
    ASSERT_TRUE(report && report->ok()) << when;
  }

  // Whenever the machine or the process stops during `operations` on the file `before`, it is old
  // or new. Answers the file after all of them. `look` is shown every state that a kill leaves.
  Bytes ReplayEveryMoment(
      const Bytes& before, const std::vector<Operation>& operations,
      const std::function<void(const Bytes&)>& look = [](const Bytes&) {}) {
    // Killed: everything up to some operation is there, of that one a part.
    std::size_t synced = 0;
    Bytes killed = before;
    Bytes on_disk = before;  // up to the last sync
    std::mt19937 random(1);
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const auto& operation = operations[i];
      const auto when = "operation " + std::to_string(i);
      const bool header = operation.kind == Operation::Kind::kWrite && operation.offset == 0;
      if (operation.kind == Operation::Kind::kWrite && !header) {
        EXPECT_GE(operation.offset, before.size()) << "old bytes are never touched";
        auto torn = killed;
        ApplyWrite(torn, operation.offset,
                   ByteView(operation.bytes).first(operation.bytes.size() / 2));
        ExpectOldOrNew(torn, when + " torn", false);
      }
      ApplyWhole(killed, operation);
      look(killed);
      ExpectOldOrNew(killed, when, i + 1 == operations.size());

      // Power lost: of what came after the last sync, any part in any order is there.
      if (operation.kind == Operation::Kind::kSync) {
        for (; synced < i; ++synced) ApplyWhole(on_disk, operations[synced]);
      }
      for (int trial = 0; trial < 3; ++trial) {
        auto lost = on_disk;
        for (auto j = synced; j <= i; ++j) {
          if (operations[j].kind == Operation::Kind::kTruncate) {
            if (random() % 2 == 0 && operations[j].offset <= lost.size())
              ApplyWhole(lost, operations[j]);
            continue;
          }
          const auto& bytes = operations[j].bytes;
          const bool sector = operations[j].offset == 0;  // 208 bytes: all or nothing
          const std::size_t page = sector ? bytes.size() : 4096;
          for (std::size_t at = 0; at < bytes.size(); at += page) {
            if (random() % 2 == 0) continue;
            ApplyWrite(lost, operations[j].offset + at,
                       ByteView(bytes).subspan(at, std::min(page, bytes.size() - at)));
          }
        }
        ExpectOldOrNew(lost, when + " power lost", false);
      }
    }
    return killed;
  }

  Expected old_;
  Expected new_;
};

INSTANTIATE_TEST_SUITE_P(All, CrashTest,
                         testing::Values("--compress=LZX --check", "--compress=none",
                                         "--compress=XPRESS"),
                         [](const auto& variant) {
                           std::string name = variant.param.substr(11);
                           std::erase_if(name, [](char c) { return !std::isalnum(c); });
                           return name;
                         });

TEST_P(CrashTest, LeavesTheOldOrTheNewImageWheneverItHappens) {
  const auto path = MakeWim({"", GetParam()});
  const auto before = test::ReadAll(path);
  Journal journal;
  JournalFileSystem fs(journal);
  const auto session = Session(fs, path);
  ASSERT_TRUE(session) << session.error().message;
  old_ = Look(before);
  new_ = Look(test::ReadAll(path));
  const auto& operations = journal.operations;
  ASSERT_GT(operations.size(), 5u);

  const auto killed = ReplayEveryMoment(before, operations);
  EXPECT_EQ(killed, test::ReadAll(path));

  // What a kill left behind is edited as if nothing had happened.
  Bytes half = before;
  for (std::size_t i = 0; i < operations.size() / 2; ++i) ApplyWhole(half, operations[i]);
  test::WriteText(scratch_ / "half.wim", AsText(half));
  const auto again = Session(RealFileSystem(), scratch_ / "half.wim");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(test::ReadAll(scratch_ / "half.wim").size(), test::ReadAll(path).size());
  test::ExpectRefereesAccept(scratch_ / "half.wim");
}

TEST_P(CrashTest, PutsTheOldFileBackWhenAnOperationFails) {
  const auto path = MakeWim({"", GetParam()});
  const auto before = test::ReadAll(path);
  std::size_t total = 1;
  for (std::size_t n = 0; n < total; ++n) {
    test::WriteText(path, AsText(before));
    Journal journal;
    journal.fail_at = n;
    JournalFileSystem fs(journal);
    const auto session = Session(fs, path);
    if (session) break;
    total = n + 2;
    EXPECT_EQ(session.error().code, Code::kNoSpace);
    const auto after = test::ReadAll(path);
    const bool header_was_tried = std::any_of(
        journal.operations.begin(), journal.operations.end(),
        [](const Operation& o) { return o.kind == Operation::Kind::kWrite && o.offset == 0; });
    if (!header_was_tried) {
      ASSERT_EQ(after, before) << "operation " << n;
    } else {
      ASSERT_TRUE(WimFile::Open(RealFileSystem(), path)) << "operation " << n;
    }
  }
  EXPECT_GT(total, 5u);
}

TEST_P(CrashTest, RollbackLeavesTheOneStateOrTheOtherAndIsFinishedByTheNext) {
  const auto path = MakeWim({"", GetParam()});
  const auto original = test::ReadAll(path);
  ASSERT_TRUE(Session(RealFileSystem(), path));
  const auto edited = test::ReadAll(path);
  old_ = Look(original);
  new_ = Look(edited);
  Journal journal;
  JournalFileSystem fs(journal);
  const auto rolled = RollBack(fs, path);
  ASSERT_TRUE(rolled) << rolled.error().message;
  const auto restored = ReplayEveryMoment(edited, journal.operations, [&](const Bytes& killed) {
    const auto half = scratch_ / "half.wim";
    test::WriteText(half, AsText(killed));
    if (killed == original) return;
    const auto again = RollBack(RealFileSystem(), half);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(test::ReadAll(half), original);
  });
  EXPECT_EQ(restored, original);
  EXPECT_EQ(test::ReadAll(path), original);
}

TEST_P(CrashTest, RollbackThatFailsChangesNothing) {
  const auto path = MakeWim({"", GetParam()});
  const auto original = test::ReadAll(path);
  ASSERT_TRUE(Session(RealFileSystem(), path));
  const auto edited = test::ReadAll(path);
  std::size_t failures = 0;
  for (std::size_t n = 0;; ++n) {
    test::WriteText(path, AsText(edited));
    Journal journal;
    journal.fail_at = n;
    JournalFileSystem fs(journal);
    if (RollBack(fs, path)) {
      EXPECT_EQ(test::ReadAll(path), original) << n;
      if (journal.operations.size() <= n) break;
    } else {
      ++failures;
      EXPECT_EQ(test::ReadAll(path), edited) << n;
    }
  }
  EXPECT_EQ(failures, 4u);
}

}  // namespace
}  // namespace ww::wim
