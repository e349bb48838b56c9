#include "wimwright/base/file.h"

#include <gtest/gtest.h>

#include "wimwright/base/clock.h"
#include "wimwright/base/log.h"

namespace ww {
namespace {

namespace stdfs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  FileTest() : dir_(stdfs::path(testing::TempDir()) / "ww_file_test") {
    stdfs::remove_all(dir_);
    stdfs::create_directories(dir_);
  }
  ~FileTest() override { stdfs::remove_all(dir_); }
  stdfs::path dir_;
  FileSystem& fs_ = RealFileSystem();
};

TEST_F(FileTest, ClonesAndRenames) {
  auto file = fs_.CreateNew(dir_ / "a");
  ASSERT_TRUE(file);
  const Bytes data(3u << 20, std::byte{7});
  ASSERT_TRUE((*file)->WriteAt(0, data));
  ASSERT_TRUE(fs_.Clone(dir_ / "a", dir_ / "b"));
  ASSERT_TRUE(fs_.Rename(dir_ / "b", dir_ / "c"));
  const auto copy = ReadFile(fs_, dir_ / "c", 4u << 20);
  ASSERT_TRUE(copy);
  EXPECT_EQ(*copy, data);
  EXPECT_EQ(ReadFile(fs_, dir_ / "c", 1).error().code, Code::kLimit);
}

TEST_F(FileTest, ReportsMissingExistingAndShort) {
  EXPECT_EQ(fs_.Open(dir_ / "none", OpenMode::kRead).error().code, Code::kNotFound);
  auto file = fs_.CreateNew(dir_ / "a");
  ASSERT_TRUE(file);
  EXPECT_EQ(fs_.CreateNew(dir_ / "a").error().code, Code::kConflict);
  Bytes out(1);
  EXPECT_EQ((*file)->ReadAt(0, out).error().code, Code::kCorrupt);
}

TEST_F(FileTest, SecondLockIsBusy) {
  auto first = fs_.CreateNew(dir_ / "a");
  auto second = fs_.Open(dir_ / "a", OpenMode::kReadWrite);
  ASSERT_TRUE(first && second);
  ASSERT_TRUE((*first)->LockExclusive());
  EXPECT_EQ((*second)->LockExclusive().error().code, Code::kBusy);
}

TEST(Log, FormatsAsTheFieldReadsIt) {
  const TimePoint time = FromFileTime(116444736000000000 + 12345670000);  // 1970-01-01 00:20:34.567
  EXPECT_EQ(FormatLogLine(LogFormat::kText, LogLevel::kInfo, "CBS", "two\nlines", time, 7),
            "1970-01-01 00:20:34, Info     CBS    two lines");
  EXPECT_EQ(
      FormatLogLine(LogFormat::kJson, LogLevel::kError, "WIM", "a \"b\"", time, 7),
      R"({"time":"1970-01-01T00:20:34.567Z","level":"Error","component":"WIM","thread":7,"message":"a \"b\""})");
  const auto cmtrace = FormatLogLine(LogFormat::kCmTrace, LogLevel::kWarning, "X", "m", time, 7);
  EXPECT_EQ(cmtrace.rfind("<![LOG[m]LOG]!><time=\"", 0), 0u);
  EXPECT_NE(cmtrace.find("type=\"2\" thread=\"7\""), std::string::npos);
}

TEST(Clock, FileTimeRoundTrips) {
  const FileTime time = 131774112000000000;
  EXPECT_EQ(ToFileTime(FromFileTime(time)), time);
  EXPECT_EQ(FormatFileTime(time), "2018-07-30T08:00:00Z");
  EXPECT_EQ(FormatFileTime(0), "");
}

}  // namespace
}  // namespace ww
