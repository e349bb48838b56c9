// Jobs that look after the file: rollback and compact, after real jobs on the lab's image.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "lab_fixture.h"
#include "referees.h"
#include "wimwright/servicing/compact.h"
#include "wimwright/servicing/rollback.h"
#include "wimwright/wim/space.h"

namespace ww::servicing {
namespace {

using testing::ElementsAre;

class Upkeep : public testing::Test {
 protected:
  void SetUp() override {
    image_ = dir_ / "a.wim";
    stdfs::copy_file(Lab().image(kTwoIndexes), image_);
  }

  void ApplyInPlace(std::string_view case_name) {
    for (const auto& which : Lab().report.cases) {
      if (which.name != case_name) continue;
      auto options = Lab().Options(which);
      options.image = image_;
      options.indexes.clear();
      Bench bench;
      const auto report = Apply(options, bench.context());
      ASSERT_EQ(report.outcome, Outcome::kSucceeded) << Describe(report);
      return;
    }
    FAIL() << "the lab has no case " << case_name;
  }

  Result<CompactReport> CompactIt(std::optional<stdfs::path> output,
                                  FileSystem& fs = RealFileSystem()) {
    Bench bench;
    bench.fs = &fs;
    return Compact({image_, std::move(output), 2}, bench.context());
  }

  std::uint64_t DeadBytes(const stdfs::path& path) {
    const auto wim = wim::WimFile::Open(RealFileSystem(), path);
    EXPECT_TRUE(wim);
    return wim::MeasureSpace(**wim).dead_bytes();
  }

  TempDir dir_;
  stdfs::path image_;
};

TEST_F(Upkeep, TwoJobsAreRolledBackOneAfterTheOther) {
  std::vector<Sha256Digest> states{HashFile(image_)};
  for (const auto* name : {"stack alone", "fix with a chain of parents"}) {
    ASSERT_NO_FATAL_FAILURE(ApplyInPlace(name));
    states.push_back(HashFile(image_));
    EXPECT_EQ(Complaints(image_), "");
  }
  for (; states.size() > 1; states.pop_back()) {
    Bench bench;
    EXPECT_EQ(HashFile(image_), states.back());
    const auto result = RollBack(image_, bench.context());
    ASSERT_TRUE(result) << result.error().message;
  }
  EXPECT_EQ(HashFile(image_), states.front());
  Bench bench;
  const auto nothing = RollBack(image_, bench.context());
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Code::kUnsupported);
  EXPECT_EQ(HashFile(image_), states.front());
  EXPECT_THAT(Names(dir_.path()), ElementsAre("a.wim"));
}

TEST_F(Upkeep, RollbackWaitsForNobodyAndHearsCancellation) {
  ASSERT_NO_FATAL_FAILURE(ApplyInPlace("stack alone"));
  const auto before = HashFile(image_);
  {
    const auto reader = RealFileSystem().Open(image_, OpenMode::kRead);
    ASSERT_TRUE((*reader)->LockShared());
    Bench bench;
    EXPECT_EQ(RollBack(image_, bench.context()).error().code, Code::kBusy);
  }
  Bench bench;
  bench.cancel.Request();
  EXPECT_EQ(RollBack(image_, bench.context()).error().code, Code::kCancelled);
  EXPECT_EQ(HashFile(image_), before);
}

TEST_F(Upkeep, CompactKeepsImagesAndModeAndReturnsTheDeadSpace) {
  ASSERT_NO_FATAL_FAILURE(ApplyInPlace("stack alone"));
  ASSERT_NO_FATAL_FAILURE(ApplyInPlace("fix with a chain of parents"));
  ASSERT_EQ(::chmod(image_.c_str(), 0640), 0);
  const auto before = HashFile(image_);
  const auto dead = DeadBytes(image_);
  EXPECT_GT(dead, 0u);
  const auto out = dir_ / "out.wim";
  const auto copied = CompactIt(out);
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(HashFile(image_), before);
  EXPECT_EQ(DeadBytes(out), 0u);
  EXPECT_LE(copied->bytes_after, copied->bytes_before - dead + 16);
  EXPECT_EQ(copied->bytes_after, stdfs::file_size(out));
  EXPECT_EQ(Complaints(out), "");
  for (const int index : {1, 2}) {
    const auto old = ListImage(image_, index);
    const auto now = ListImage(out, index);
    ASSERT_EQ(old.size(), now.size());
    for (const auto& [path, entry] : old) {
      const auto& other = now.at(path);
      EXPECT_EQ(entry.sha1, other.sha1) << path;
      EXPECT_EQ(entry.security, other.security) << path;
      EXPECT_EQ(entry.attributes, other.attributes) << path;
    }
  }
  const auto in_place = CompactIt(std::nullopt);
  ASSERT_TRUE(in_place) << in_place.error().message;
  EXPECT_EQ(HashFile(image_), HashFile(out));
  EXPECT_EQ(stdfs::status(image_).permissions(), stdfs::perms{0640});
  const auto again = CompactIt(std::nullopt);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->outcome, Outcome::kNothingToDo);
  const auto copy = CompactIt(dir_ / "copy.wim");
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->outcome, Outcome::kNothingToDo);
  EXPECT_EQ(HashFile(dir_ / "copy.wim"), HashFile(image_));
  EXPECT_THAT(Names(dir_.path()), ElementsAre("a.wim", "copy.wim", "out.wim"));
}

TEST_F(Upkeep, CompactThatFailsAnywhereLeavesTheOldOrTheNewFile) {
  ASSERT_NO_FATAL_FAILURE(ApplyInPlace("stack alone"));
  const auto original = dir_ / "original";
  stdfs::copy_file(image_, original);
  const auto before = HashFile(image_);
  for (std::uint64_t n = 1;; ++n) {
    stdfs::copy_file(original, image_, stdfs::copy_options::overwrite_existing);
    FailingFileSystem fs(RealFileSystem());
    fs.fail_at = n;
    const auto report = CompactIt(std::nullopt, fs);
    if (report) {
      EXPECT_EQ(DeadBytes(image_), 0u) << n;
    } else {
      EXPECT_EQ(HashFile(image_), before) << n << report.error().message;
    }
    if (!fs.failed()) {
      EXPECT_TRUE(report);
      break;
    }
    ASSERT_LT(n, 2000U);
  }
  EXPECT_THAT(Names(dir_.path()), ElementsAre("a.wim", "original"));
}

// Rot between writing and proof: nothing but the proof can find it.
TEST_F(Upkeep, CompactThatRotsBeforeTheProofIsNotPublished) {
  ASSERT_NO_FATAL_FAILURE(ApplyInPlace("stack alone"));
  const auto before = HashFile(image_);
  struct Rot final : Progress {
    std::function<void()> strike;
    void BeginPhase(std::string_view name, int, int, std::uint64_t) override {
      if (name == "verify") strike();
    }
    void Advance(std::uint64_t) override {}
  } rot;
  rot.strike = [&] {
    for (const auto& name : Names(dir_.path())) {
      if (name.ends_with(".tmp")) FlipByte(dir_ / name, 5000);
    }
  };
  Bench bench;
  bench.progress = &rot;
  const auto report = Compact({image_, std::nullopt, 2}, bench.context());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::kVerificationFailed);
  EXPECT_EQ(HashFile(image_), before);
  EXPECT_THAT(Names(dir_.path()), ElementsAre("a.wim"));
}

TEST_F(Upkeep, CompactSaysBeforeAnyWorkThatSpaceIsMissing) {
  ASSERT_NO_FATAL_FAILURE(ApplyInPlace("stack alone"));
  const auto before = HashFile(image_);
  FailingFileSystem fs(RealFileSystem());
  fs.free_space = 1000;
  const auto report = CompactIt(std::nullopt, fs);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::kNoSpace);
  EXPECT_EQ(HashFile(image_), before);
}

}  // namespace
}  // namespace ww::servicing
