#include "job_files.h"

#include <gtest/gtest.h>

#include "input_identity.h"
#include "servicing_testing.h"

namespace ww::servicing {
namespace {

TEST(JobFileSystem, CountsWhatIsReadAndWritten) {
  const TempDir dir;
  JobFileSystem fs(RealFileSystem(), NeverCancelled(), NullProgress());
  auto file = fs.CreateNew(dir / "a");
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->WriteAt(0, Bytes(1000)));
  Bytes buffer(300);
  ASSERT_TRUE((*file)->ReadAt(0, buffer));
  EXPECT_EQ(fs.bytes_written(), 1000U);
  EXPECT_EQ(fs.bytes_read(), 300U);
}

TEST(JobFileSystem, CopyIsEqualAndNeverReplacesAFile) {
  const TempDir dir;
  WriteWhole(dir / "a", std::string(700000, 'x') + "end");
  JobFileSystem fs(RealFileSystem(), NeverCancelled(), NullProgress());
  ASSERT_TRUE(fs.Copy(dir / "a", dir / "b"));
  EXPECT_EQ(ReadWhole(dir / "b"), ReadWhole(dir / "a"));
  WriteWhole(dir / "c", "old");
  const auto refused = fs.Copy(dir / "a", dir / "c");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kConflict);
  EXPECT_EQ(ReadWhole(dir / "c"), "old");
}

TEST(JobFileSystem, CancelledCopyLeavesNothing) {
  const TempDir dir;
  WriteWhole(dir / "a", std::string(9'000'000, 'x'));
  Cancellation cancel;
  class CancelLater final : public Progress {
   public:
    explicit CancelLater(Cancellation& cancel) : cancel_(cancel) {}
    void BeginPhase(std::string_view, int, int, std::uint64_t) override {}
    void Advance(std::uint64_t) override { cancel_.Request(); }

   private:
    Cancellation& cancel_;
  } progress(cancel);
  JobFileSystem fs(RealFileSystem(), cancel, progress);
  if (SharesBlocks(dir / "a", dir.path())) GTEST_SKIP() << "this file system copies at once";
  const auto copy = fs.Copy(dir / "a", dir / "b");
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().code, Code::kCancelled);
  EXPECT_FALSE(stdfs::exists(dir / "b"));
}

TEST(JobFileSystem, StopsReadingAndWritingButNotCleaningUpWhenCancelled) {
  const TempDir dir;
  Cancellation cancel;
  JobFileSystem fs(RealFileSystem(), cancel, NullProgress());
  auto file = fs.CreateNew(dir / "a");
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->WriteAt(0, Bytes(10)));
  cancel.Request();
  Bytes buffer(5);
  EXPECT_EQ((*file)->ReadAt(0, buffer).error().code, Code::kCancelled);
  EXPECT_EQ((*file)->WriteAt(0, buffer).error().code, Code::kCancelled);
  EXPECT_EQ(fs.Open(dir / "a", OpenMode::kRead).error().code, Code::kCancelled);
  EXPECT_TRUE((*file)->Truncate(3));
  EXPECT_TRUE(fs.Remove(dir / "a"));
  fs.PassPointOfNoReturn();
  EXPECT_TRUE((*file)->ReadAt(0, MutableByteView(buffer).first(3)));
}

TEST(InputIdentity, NoticesWritingAndReplacement) {
  const TempDir dir;
  WriteWhole(dir / "a", "one");
  const auto planned = IdentityOf(dir / "a");
  ASSERT_TRUE(planned);
  EXPECT_TRUE(CheckUnchanged(dir / "a", *planned));
  WriteWhole(dir / "b", "two");
  stdfs::last_write_time(dir / "b", stdfs::last_write_time(dir / "a"));
  stdfs::rename(dir / "b", dir / "a");
  const auto replaced = CheckUnchanged(dir / "a", *planned);
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().code, Code::kConflict);
  stdfs::remove(dir / "a");
  EXPECT_EQ(CheckUnchanged(dir / "a", *planned).error().code, Code::kConflict);
  EXPECT_EQ(IdentityOf(dir / "a").error().code, Code::kNotFound);
  EXPECT_EQ(IdentityOf(dir.path()).error().code, Code::kUsage);
}

}  // namespace
}  // namespace ww::servicing
