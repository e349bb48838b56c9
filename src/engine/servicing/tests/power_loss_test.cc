// What is on disk after a power failure at any moment of a whole job, in every mode.
#include <gtest/gtest.h>

#include <algorithm>

#include "lab_fixture.h"
#include "power_loss.h"

namespace ww::servicing {
namespace {

enum class Mode { kCopy, kOverEarlier, kInPlace };

constexpr std::string_view kEarlier = "an earlier result";

bool StartsWith(const Bytes& bytes, const Bytes& with) {
  return bytes.size() >= with.size() && std::equal(with.begin(), with.end(), bytes.begin());
}

class PowerLoss : public testing::TestWithParam<Mode> {
 protected:
  void SetUp() override {
    const auto* which = Lab().Installable(kTwoIndexes);
    ASSERT_NE(which, nullptr);
    options_ = Lab().Options(*which);
    options_.indexes.clear();
    options_.threads = 2;
    stdfs::copy_file(options_.image, dir_ / "a.wim");
    options_.image = dir_ / "a.wim";
    if (!in_place()) options_.output = dir_ / "out.wim";
    if (GetParam() == Mode::kOverEarlier) WriteWhole(*options_.output, kEarlier);
    before_ = ReadFolder(dir_.path());
    operations_ = Journal();
    const auto after = ReadFolder(dir_.path());
    ASSERT_EQ(after.size(), in_place() ? 1U : 2U);
    new_ = after.at(Target());
  }

  // Of a whole job on what is in the folder.
  std::vector<DiskOperation> Journal() {
    JournalingFileSystem fs(dir_.path());
    Bench bench;
    bench.fs = &fs;
    const auto report = Apply(options_, bench.context());
    EXPECT_EQ(report.outcome, Outcome::kSucceeded) << Describe(report);
    return fs.operations();
  }

  static bool in_place() { return GetParam() == Mode::kInPlace; }
  static std::string Target() { return in_place() ? "a.wim" : "out.wim"; }

  // The new image is there, whole.
  bool IsNew(const Folder& folder) const {
    const auto found = folder.find(Target());
    return found != folder.end() && found->second == new_;
  }
  // Nothing has happened yet, as far as anybody can see. In place the header decides: the bytes
  // of the old file are all there, what follows belongs to nobody.
  bool IsOld(const Folder& folder) const {
    const auto found = folder.find(Target());
    if (in_place()) return StartsWith(found->second, before_.at(Target()));
    if (GetParam() == Mode::kCopy) return found == folder.end();
    return found != folder.end() && found->second == before_.at(Target());
  }
  bool IsAllowed(const Folder& folder) const {
    const auto image = folder.find("a.wim");
    if (image == folder.end()) return false;
    if (!in_place() && image->second != before_.at("a.wim")) return false;
    return IsOld(folder) || IsNew(folder);
  }

  void ExpectNextJobSucceeds(const Folder& folder, const std::string& when) {
    WriteFolder(folder, dir_.path());
    Bench bench;
    const auto report = Apply(options_, bench.context());
    const bool done = in_place() && IsNew(folder);
    EXPECT_EQ(report.outcome, done ? Outcome::kNothingToDo : Outcome::kSucceeded)
        << when << Describe(report);
    const auto after = ReadFolder(dir_.path());
    EXPECT_EQ(after.size(), in_place() ? 1U : 2U) << when << ": a trace stays";
    EXPECT_TRUE(IsNew(after)) << when;
  }

  // Something of a dead job is there: a file beside the output, a tail behind the image.
  bool HasTrace(const Folder& folder) const {
    if (in_place() && !IsNew(folder) && folder.at(Target()) != before_.at(Target())) return true;
    return std::any_of(folder.begin(), folder.end(),
                       [](const auto& file) { return file.first.starts_with('.'); });
  }

  static std::string Label(const Folder& folder) {
    std::string out;
    for (const auto& [name, bytes] : folder) {
      out += " " + name + " (" + std::to_string(bytes.size()) + ")";
    }
    return out;
  }

  TempDir dir_;
  JobOptions options_;
  Folder before_;
  Bytes new_;
  std::vector<DiskOperation> operations_;
};

TEST_P(PowerLoss, LeavesTheOldOrTheNewImageAndTheNextJobSucceeds) {
  constexpr int kTrials = 30;
  constexpr std::size_t kJobs = 20;
  std::mt19937 random(3);
  FickleDisk disk(before_);
  const auto step = std::max<std::size_t>(1, operations_.size() / kJobs);
  int old = 0, fresh = 0, with_traces = 0;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    disk.Do(operations_[i]);
    for (int trial = 0; trial < kTrials; ++trial) {
      const auto left = disk.AfterPowerLoss(random);
      const auto when =
          "operation " + std::to_string(i) + " of " + std::to_string(operations_.size());
      ASSERT_TRUE(IsAllowed(left)) << when << Label(left);
      ++(IsNew(left) ? fresh : old);
      if (HasTrace(left)) ++with_traces;
      // The last operations, around the publishing, more often.
      const bool end = i + 8 >= operations_.size();
      if ((trial == 0 && i % step == 0) || (trial < 2 && end)) ExpectNextJobSucceeds(left, when);
    }
  }
  EXPECT_GT(operations_.size(), 6U);
  EXPECT_GT(old, 50);
  EXPECT_GT(fresh, 20);
  EXPECT_GT(with_traces, 50);
}

// The job that cleans up after a power failure meets the next one.
TEST_P(PowerLoss, MayHappenAgainWhileTheNextJobCleansUp) {
  constexpr int kTrials = 15;
  std::mt19937 random(4);
  FickleDisk first(before_);
  int chains = 0;
  for (const auto& operation : operations_) {
    first.Do(operation);
    const auto start = first.AfterPowerLoss(random);
    if (!HasTrace(start) || IsNew(start)) continue;
    if (++chains > 8) break;
    WriteFolder(start, dir_.path());
    const auto operations = Journal();
    FickleDisk second(start);
    for (std::size_t i = 0; i < operations.size(); ++i) {
      second.Do(operations[i]);
      for (int trial = 0; trial < kTrials; ++trial) {
        const auto left = second.AfterPowerLoss(random);
        ASSERT_TRUE(IsAllowed(left)) << chains << ", operation " << i << Label(left);
      }
    }
    EXPECT_TRUE(IsNew(second.Certain())) << chains;
  }
  EXPECT_GT(chains, 1);
}

TEST_P(PowerLoss, SuccessMeansThatTheNewImageIsOnStableStorage) {
  FickleDisk disk(before_);
  for (const auto& operation : operations_) disk.Do(operation);
  EXPECT_TRUE(IsNew(disk.Certain()));
}

// The test of the test: a job that forgot its syncs is found out.
TEST_P(PowerLoss, IsNoticedWhereAFileWasNotSynced) {
  std::mt19937 random(5);
  FickleDisk disk(before_);
  int wrong = 0;
  for (const auto& operation : operations_) {
    if (operation.kind == DiskOperation::Kind::kSync) continue;
    disk.Do(operation);
  }
  for (int trial = 0; trial < 200; ++trial) {
    if (!IsAllowed(disk.AfterPowerLoss(random))) ++wrong;
  }
  EXPECT_GT(wrong, 20);
}

TEST_P(PowerLoss, NeverTouchesTheInputOfAnotherOutput) {
  if (in_place()) GTEST_SKIP() << "the input is the output";
  for (const auto& operation : operations_) EXPECT_NE(operation.file, 1);
}

INSTANTIATE_TEST_SUITE_P(Modes, PowerLoss,
                         testing::Values(Mode::kCopy, Mode::kOverEarlier, Mode::kInPlace),
                         [](const auto& mode) {
                           return mode.param == Mode::kCopy          ? "Copy"
                                  : mode.param == Mode::kOverEarlier ? "OverEarlier"
                                                                     : "InPlace";
                         });

}  // namespace
}  // namespace ww::servicing
