#include "wimwright/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

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

Bytes Pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i * 31 >> 7);
  return out;
}

TEST_F(FileTest, ClonesShareBlocksOrAreRefusedWithoutATrace) {
  auto file = fs_.CreateNew(dir_ / "a");
  ASSERT_TRUE(file);
  const Bytes data = Pattern(3u << 20);
  ASSERT_TRUE((*file)->WriteAt(0, data));
  if (const auto clone = fs_.Clone(dir_ / "a", dir_ / "b"); !clone) {
    EXPECT_EQ(clone.error().code, Code::kUnsupported);
    EXPECT_FALSE(stdfs::exists(dir_ / "b"));
  } else {
    EXPECT_EQ(ReadFile(fs_, dir_ / "b", 4u << 20).value(), data);
  }
  ASSERT_TRUE(fs_.CreateNew(dir_ / "c"));
  EXPECT_EQ(fs_.Clone(dir_ / "a", dir_ / "c").error().code, Code::kConflict);
}

TEST_F(FileTest, CopiesAPrefixDirectlyWhileSomebodyAppends) {
  auto source = fs_.CreateNew(dir_ / "a");
  ASSERT_TRUE(source);
  const Bytes data = Pattern((9u << 20) + 1234);
  ASSERT_TRUE((*source)->WriteAt(0, data));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{8u << 20},
                                 std::size_t{(8u << 20) + 77}, data.size()}) {
    stdfs::remove(dir_ / "b");
    auto appender = fs_.CreateNew(dir_ / "b");
    auto target = fs_.Open(dir_ / "b", OpenMode::kReadWrite);
    ASSERT_TRUE(appender && target);
    std::uint64_t copied = 0;
    ASSERT_TRUE(CopyDirectly(**source, **target, size, [&](std::uint64_t piece) -> Status {
      copied += piece;
      return (*appender)->WriteAt(size, data);  // shares a page with the end of the copy
    }));
    EXPECT_EQ(copied, size);
    const auto whole = ReadFile(fs_, dir_ / "b", 32u << 20).value();
    EXPECT_TRUE(
        std::equal(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size), whole.begin()));
    if (size != 0) {
      EXPECT_EQ(whole.size(), size + data.size());
      EXPECT_TRUE(
          std::equal(data.begin(), data.end(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    }
  }
  const auto stop = [](std::uint64_t) -> Status { return Fail(Code::kCancelled, "stop"); };
  auto other = fs_.CreateNew(dir_ / "c");
  ASSERT_TRUE(other);
  EXPECT_EQ(CopyDirectly(**source, **other, 5, stop).error().code, Code::kCancelled);
}

TEST_F(FileTest, RenamesAndLimitsWhatIsReadWhole) {
  auto file = fs_.CreateNew(dir_ / "b");
  ASSERT_TRUE(file && (*file)->WriteAt(0, Bytes(5)));
  ASSERT_TRUE(fs_.Rename(dir_ / "b", dir_ / "c"));
  EXPECT_EQ(ReadFile(fs_, dir_ / "c", 5).value(), Bytes(5));
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

// Shells make one of `--update <(curl ...)`: it would look like an empty file.
TEST_F(FileTest, APipeIsRefusedAndNotWaitedFor) {
  const auto path = dir_ / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto opened = fs_.Open(path, OpenMode::kRead);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kUsage);
}

}  // namespace
}  // namespace ww
