#include "recovery.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "output_lock.h"
#include "servicing_testing.h"

namespace ww::servicing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(TemporaryNames, AreRecognisedForTheirOwnOutputOnly) {
  const stdfs::path output = "/images/install.wim";
  const auto path = TemporaryPath(output);
  EXPECT_EQ(path.parent_path(), output.parent_path());
  EXPECT_TRUE(IsTemporaryOf(output, path)) << path;
  EXPECT_NE(path, TemporaryPath(output));
  EXPECT_FALSE(IsTemporaryOf("/images/install2.wim", path));
  EXPECT_FALSE(IsTemporaryOf("/images/nstall.wim", path));
  EXPECT_FALSE(IsTemporaryOf(output, output));
  EXPECT_FALSE(IsTemporaryOf(output, LockPath(output)));
  EXPECT_FALSE(IsTemporaryOf(output, "/images/.install.wim.wimwright-.tmp"));
  EXPECT_FALSE(IsTemporaryOf(output, "/images/.install.wim.wimwright-a b.tmp"));
}

TEST(TemporaryNames, NeverLookLikeAnImage) {
  const auto name = TemporaryPath("/images/install.wim").filename().string();
  EXPECT_EQ(name.front(), '.');
  EXPECT_FALSE(name.ends_with(".wim"));
}

TEST(TemporaryNames, StayLegalForTheLongestOutputName) {
  const TempDir dir;
  const auto output = dir / (std::string(251, 'x') + ".wim");
  const auto path = TemporaryPath(output);
  ASSERT_LE(path.filename().string().size(), 255U);
  EXPECT_TRUE(IsTemporaryOf(output, path));
  EXPECT_FALSE(IsTemporaryOf(dir / (std::string(251, 'x') + ".esd"), path));
  ASSERT_TRUE(RealFileSystem().CreateNew(path));
}

TEST(Recovery, RemovesLeftoversAndNothingElse) {
  const TempDir dir;
  const auto output = dir / "out.wim";
  WriteWhole(output, "image");
  WriteWhole(TemporaryPath(output), "half");
  WriteWhole(TemporaryPath(output), "half");
  WriteWhole(dir / "other.wim", "image");
  const auto foreign = TemporaryPath(dir / "other.wim");
  WriteWhole(foreign, "half");
  stdfs::create_directory(TemporaryPath(output));
  EXPECT_EQ(RemoveLeftovers(RealFileSystem(), output, NullLogger()), 2U);
  EXPECT_EQ(Names(dir.path()).size(), 4U);
  EXPECT_TRUE(stdfs::exists(foreign));
  EXPECT_EQ(ReadWhole(output), "image");
}

TEST(Recovery, DoesNotFollowALinkThatLooksLikeALeftover) {
  const TempDir dir;
  WriteWhole(dir / "precious", "image");
  stdfs::create_symlink(dir / "precious", TemporaryPath(dir / "out.wim"));
  EXPECT_EQ(RemoveLeftovers(RealFileSystem(), dir / "out.wim", NullLogger()), 0U);
  EXPECT_TRUE(stdfs::exists(dir / "precious"));
}

TEST(TemporaryFile, VanishesUnlessReleased) {
  const TempDir dir;
  {
    const TemporaryFile file(RealFileSystem(), dir / "a");
    WriteWhole(file.path(), "x");
  }
  {
    TemporaryFile file(RealFileSystem(), dir / "b");
    WriteWhole(file.path(), "x");
    file.Release();
  }
  EXPECT_THAT(Names(dir.path()), ElementsAre("b"));
}

TEST(OutputLock, SecondJobIsToldWhoWasFirst) {
  const TempDir dir;
  const FixedClock clock(FromFileTime(kNow));
  const auto first = OutputLock::Take(RealFileSystem(), dir / "out.wim", clock);
  ASSERT_TRUE(first);
  const auto second = OutputLock::Take(RealFileSystem(), dir / "out.wim", clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kBusy);
  EXPECT_THAT(second.error().message, HasSubstr(fmt::format("process {}", ::getpid())));
  EXPECT_TRUE(OutputLock::Take(RealFileSystem(), dir / "other.wim", clock));
}

TEST(OutputLock, LeavesNothingBehindAndCanBeTakenAgain) {
  const TempDir dir;
  const FixedClock clock(FromFileTime(kNow));
  for (int i = 0; i < 3; ++i) {
    const auto lock = OutputLock::Take(RealFileSystem(), dir / "out.wim", clock);
    ASSERT_TRUE(lock);
    EXPECT_THAT(Names(dir.path()), ElementsAre(".out.wim.wimwright-lock"));
  }
  EXPECT_THAT(Names(dir.path()), ElementsAre());
}

TEST(OutputLock, TakesOverTheFileOfADeadJob) {
  const TempDir dir;
  const FixedClock clock(FromFileTime(kNow));
  WriteWhole(LockPath(dir / "out.wim"), "0123 process 1 on nowhere");
  EXPECT_TRUE(OutputLock::Take(RealFileSystem(), dir / "out.wim", clock));
  EXPECT_THAT(Names(dir.path()), ElementsAre());
}

TEST(OutputLock, FullDiskLeavesNoLock) {
  const TempDir dir;
  const FixedClock clock(FromFileTime(kNow));
  for (std::uint64_t n = 1;; ++n) {
    FailingFileSystem fs(RealFileSystem());
    fs.fail_at = n;
    const bool taken = OutputLock::Take(fs, dir / "out.wim", clock).has_value();
    if (!fs.failed()) break;
    // The only step whose failure goes unnoticed is removing the lock file at the end.
    static_cast<void>(RealFileSystem().Remove(LockPath(dir / "out.wim")));
    EXPECT_TRUE(Names(dir.path()).empty()) << n << taken;
    ASSERT_LT(n, 50U);
  }
}

}  // namespace
}  // namespace ww::servicing
