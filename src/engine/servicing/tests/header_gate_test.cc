#include "header_gate.h"

#include <gtest/gtest.h>

#include <new>

#include "job_files.h"
#include "servicing_testing.h"
#include "wimwright/wim/editor.h"
#include "wimwright/wim/wim_file.h"

namespace ww::servicing {
namespace {

// One image with one file.
void MakeWim(const stdfs::path& path) {
  auto editor = wim::Editor::CreateEmpty(RealFileSystem(), path, {}, {});
  ASSERT_TRUE(editor) << editor.error().message;
  wim::EntryMetadata root;
  root.attributes = wim::kAttributeDirectory;
  root.creation = root.access = root.write = kNow;
  ASSERT_TRUE((*editor)->AddImage("One", root));
  const auto hash = (*editor)->AddBlob(AsBytes("first content"));
  ASSERT_TRUE(hash);
  auto image = (*editor)->image(1);
  ASSERT_TRUE(image);
  ASSERT_TRUE((*image)->AddFile((*image)->root(), "a.txt", {}, *hash, 13));
  ASSERT_TRUE((*editor)->Commit(kNow));
}

// Adds a file through the gate.
Status AddThrough(HeaderGate& gate, const stdfs::path& path) {
  WW_TRY(auto editor, wim::Editor::OpenInPlace(gate, path, {}), "open");
  WW_TRY(const auto hash, editor->AddBlob(AsBytes("second content")), "blob");
  WW_TRY(auto* image, editor->image(1), "image");
  WW_TRY_STATUS(image->AddFile(image->root(), "b.txt", {}, hash, 14), "file");
  WW_TRY_STATUS(editor->Commit(kNow + 1), "commit");
  return {};
}

TEST(HeaderGate, ProofSeesTheNewStateWhileOthersSeeTheOld) {
  const TempDir dir;
  const auto path = dir / "a.wim";
  MakeWim(path);
  int proofs = 0;
  const HeaderGate::Proof prove = [&](ByteView header) -> Status {
    ++proofs;
    WW_TRY(auto file, RealFileSystem().Open(path, OpenMode::kRead), "open");
    WW_TRY(const auto fresh, wim::WimFile::Open(WithHeader(std::move(file), header), path), "new");
    WW_TRY(const auto seen, wim::WimFile::Open(RealFileSystem(), path), "old");
    WW_TRY(const auto new_image, fresh->ReadImage(1), "new image");
    WW_TRY(const auto old_image, seen->ReadImage(1), "old image");
    EXPECT_TRUE(new_image.Find("b.txt"));
    EXPECT_FALSE(old_image.Find("b.txt"));
    EXPECT_GT(seen->tail().bytes, 0U);
    return {};
  };
  HeaderGate gate(RealFileSystem(), prove);
  const auto done = AddThrough(gate, path);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(proofs, 1);
  const auto wim = wim::WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE(wim);
  EXPECT_TRUE((*wim)->ReadImage(1)->Find("b.txt"));
}

TEST(HeaderGate, FailedProofLeavesTheFileByteForByte) {
  const TempDir dir;
  const auto path = dir / "a.wim";
  MakeWim(path);
  const auto before = HashFile(path);
  HeaderGate gate(RealFileSystem(),
                  [](ByteView) { return Status(Fail(Code::kVerificationFailed, "not proved")); });
  const auto done = AddThrough(gate, path);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kVerificationFailed);
  EXPECT_EQ(HashFile(path), before);
}

TEST(HeaderGate, ProofWithoutMemoryLeavesTheFileByteForByte) {
  const TempDir dir;
  const auto path = dir / "a.wim";
  MakeWim(path);
  const auto before = HashFile(path);
  HeaderGate gate(RealFileSystem(), [](ByteView) -> Status { throw std::bad_alloc(); });
  EXPECT_THROW(static_cast<void>(AddThrough(gate, path)), std::bad_alloc);
  EXPECT_EQ(HashFile(path), before);
}

TEST(HeaderGate, AnyFailingWriteLeavesOldOrNew) {
  const TempDir dir;
  const auto original = dir / "original.wim";
  const auto path = dir / "a.wim";
  MakeWim(original);
  const auto before = HashFile(original);
  for (std::uint64_t n = 1; n < 1000; ++n) {
    stdfs::copy_file(original, path, stdfs::copy_options::overwrite_existing);
    FailingFileSystem fs(RealFileSystem());
    fs.fail_at = n;
    fs.code = Code::kIo;
    bool proved = false;
    HeaderGate gate(fs, [&](ByteView) {
      proved = true;
      return Status();
    });
    const auto done = AddThrough(gate, path);
    const auto wim = wim::WimFile::Open(RealFileSystem(), path);
    ASSERT_TRUE(wim) << n << ": " << wim.error().message;
    const bool is_new = (*wim)->ReadImage(1)->Find("b.txt").has_value();
    EXPECT_TRUE(!is_new || proved) << n;
    EXPECT_TRUE(is_new || !done) << n;
    if (!is_new && fs.failed()) {
      const auto old_part = ReadWhole(path).substr(0, stdfs::file_size(original));
      EXPECT_EQ(Sha256(AsBytes(old_part)), before) << n;
    }
    if (!fs.failed()) return;
  }
  FAIL() << "never got through";
}

TEST(HeaderGate, CancelledAnywhereBeforeTheHeaderLeavesTheFileByteForByte) {
  const TempDir dir;
  const auto original = dir / "original.wim";
  const auto path = dir / "a.wim";
  MakeWim(original);
  const auto before = HashFile(original);
  for (std::uint64_t n = 1; n < 1000; ++n) {
    stdfs::copy_file(original, path, stdfs::copy_options::overwrite_existing);
    Cancellation cancel;
    FailingFileSystem counter(RealFileSystem());
    counter.hook = [&](std::uint64_t number) {
      if (number == n) cancel.Request();
    };
    JobFileSystem fs(counter, cancel, NullProgress());
    HeaderGate gate(fs, [&](ByteView) -> Status {
      WW_RETURN_IF_ERROR(cancel.Check());
      fs.PassPointOfNoReturn();
      return {};
    });
    const auto done = AddThrough(gate, path);
    EXPECT_EQ(HashFile(path) == before, !done) << n;
    if (!cancel.requested()) return;
  }
  FAIL() << "never got through";
}

TEST(HeaderGate, RefusesToWriteTheHeaderPiecemeal) {
  const TempDir dir;
  MakeWim(dir / "a.wim");
  HeaderGate gate(RealFileSystem(), [](ByteView) { return Status(); });
  auto file = gate.Open(dir / "a.wim", OpenMode::kReadWrite);
  ASSERT_TRUE(file);
  const Bytes piece(100);
  EXPECT_FALSE((*file)->WriteAt(0, piece));
  EXPECT_FALSE((*file)->WriteAt(100, Bytes(208)));
}

}  // namespace
}  // namespace ww::servicing
