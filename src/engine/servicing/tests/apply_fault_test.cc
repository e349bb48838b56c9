// Jobs that are cut short: a failing disk at every operation, cancellation, kill -9, a full disk.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "lab_fixture.h"
#include "recovery.h"
#include "referees.h"

namespace ww::servicing {
namespace {

using testing::ElementsAre;

enum class Mode { kCopy, kInPlace };

class Faults : public testing::TestWithParam<Mode> {
 protected:
  void SetUp() override {
    const auto* which = Lab().Installable(kTwoIndexes);
    ASSERT_NE(which, nullptr);
    options_ = Lab().Options(*which);
    original_ = options_.image;
    options_.indexes.clear();
    options_.threads = 2;
    image_ = dir_ / "a.wim";
    stdfs::copy_file(original_, image_);
    options_.image = image_;
    before_ = HashFile(image_);
    if (GetParam() == Mode::kCopy) options_.output = dir_ / "out.wim";

    after_ = HashOfSuccess(options_);
  }

  // What success looks like, once.
  Sha256Digest HashOfSuccess(JobOptions options) {
    const auto copy = dir_ / "whole.wim";
    const auto twin = dir_ / "twin.wim";
    options.output = copy;
    ApplyWell(options);
    auto hash = HashFile(copy);
    if (GetParam() == Mode::kInPlace) {
      stdfs::copy_file(original_, twin);
      options.image = twin;
      options.output.reset();
      ApplyWell(options);
      hash = HashFile(twin);
      ExpectSameContent(copy, twin);
      stdfs::remove(twin);
    }
    stdfs::remove(copy);
    return hash;
  }

  static void ApplyWell(const JobOptions& options) {
    Bench bench;
    const auto report = Apply(options, bench.context());
    EXPECT_EQ(report.outcome, Outcome::kSucceeded) << Describe(report);
  }

  // Everything of the job but the input.
  void Reset() {
    for (const auto& name : Names(dir_.path())) {
      if (name != "a.wim") stdfs::remove(dir_ / name);
    }
    if (GetParam() == Mode::kInPlace) {
      stdfs::copy_file(original_, image_, stdfs::copy_options::overwrite_existing);
    }
  }

  // The state that a job left is old or new; `exactly`: no trace of a failed one either.
  void ExpectOldOrNew(bool published, bool exactly, std::uint64_t n) {
    if (GetParam() == Mode::kCopy) {
      EXPECT_EQ(HashFile(image_), before_) << n;
      if (published) {
        EXPECT_EQ(HashFile(*options_.output), after_) << n;
      } else {
        EXPECT_FALSE(stdfs::exists(*options_.output)) << n;
      }
      if (exactly && !published) {
        EXPECT_THAT(Names(dir_.path()), ElementsAre("a.wim")) << n;
      }
      return;
    }
    const auto now = HashFile(image_);
    if (now == before_ || now == after_) {
      EXPECT_EQ(now == after_, published) << n;
      return;
    }
    EXPECT_FALSE(exactly) << n << ": neither old nor new";
    ExpectOldWithATail(n);
  }

  void ExpectOldWithATail(std::uint64_t n) {
    const auto old = ReadWhole(original_);
    const auto now = ReadWhole(image_);
    ASSERT_GE(now.size(), old.size()) << n;
    // The header decides, the rest of the old file is as it was.
    EXPECT_EQ(now.substr(0, old.size()), old) << n;
  }

  // Whatever happened before: the next job succeeds and leaves no trace of the dead one.
  void ExpectNextJobSucceeds(std::uint64_t n) {
    Bench bench;
    const auto report = Apply(options_, bench.context());
    EXPECT_THAT(report.outcome, testing::AnyOf(Outcome::kSucceeded, Outcome::kNothingToDo))
        << n << Describe(report);
    if (GetParam() == Mode::kCopy) {
      EXPECT_EQ(HashFile(*options_.output), after_) << n;
      EXPECT_THAT(Names(dir_.path()), ElementsAre("a.wim", "out.wim")) << n;
    } else {
      EXPECT_EQ(HashFile(image_), after_) << n;
      EXPECT_THAT(Names(dir_.path()), ElementsAre("a.wim")) << n;
    }
  }

  static bool Published(const JobReport& report) { return report.outcome == Outcome::kSucceeded; }

  TempDir dir_;
  JobOptions options_;
  stdfs::path original_, image_;
  Sha256Digest before_{}, after_{};
};

TEST_P(Faults, EveryWritingOperationMayFail) {
  for (std::uint64_t n = 1;; ++n) {
    Reset();
    FailingFileSystem fs(RealFileSystem());
    fs.count_reads = false;
    fs.fail_at = n;
    Bench bench;
    bench.fs = &fs;
    const auto report = Apply(options_, bench.context());
    if (!fs.failed()) {
      EXPECT_EQ(report.outcome, Outcome::kSucceeded) << Describe(report);
      EXPECT_GT(n, 10U);
      break;
    }
    if (Published(report)) {
      // The failure was one that does not matter: fsync of the directory, removing the lock.
      ExpectOldOrNew(true, false, n);
    } else {
      EXPECT_EQ(report.error->code, Code::kNoSpace) << n << Describe(report);
      // When the header's own write or what follows it fails, the image may be new; never half.
      if (GetParam() == Mode::kInPlace && HashFile(image_) == after_) continue;
      // When a removal fails, or that of the cut after the failure, the next job cleans up.
      ExpectOldOrNew(false, false, n);
    }
    if (n % 8 == 0) ExpectNextJobSucceeds(n);
    ASSERT_LT(n, 5000U);
  }
}

TEST_P(Faults, EveryReadMayFail) {
  std::uint64_t total = 0;
  {
    FailingFileSystem fs(RealFileSystem());
    Bench bench;
    bench.fs = &fs;
    Reset();
    ASSERT_EQ(Apply(options_, bench.context()).outcome, Outcome::kSucceeded);
    total = fs.operations();
  }
  const auto step = std::max<std::uint64_t>(1, total / 150);
  for (std::uint64_t n = 1; n < total; n += step) {
    Reset();
    FailingFileSystem fs(RealFileSystem());
    fs.fail_at = n;
    fs.code = Code::kIo;
    Bench bench;
    bench.fs = &fs;
    const auto report = Apply(options_, bench.context());
    ExpectOldOrNew(Published(report), false, n);
  }
}

TEST_P(Faults, DiskThatDiesLeavesWhatTheNextJobCleansUp) {
  std::mt19937 random(7);
  FailingFileSystem counter(RealFileSystem());
  counter.count_reads = false;
  {
    Bench bench;
    bench.fs = &counter;
    Reset();
    ASSERT_EQ(Apply(options_, bench.context()).outcome, Outcome::kSucceeded);
  }
  for (int i = 0; i < 20; ++i) {
    Reset();
    FailingFileSystem fs(RealFileSystem());
    fs.count_reads = false;
    fs.stay_dead = true;
    fs.code = Code::kIo;
    fs.fail_at = 1 + random() % counter.operations();
    Bench bench;
    bench.fs = &fs;
    const auto report = Apply(options_, bench.context());
    ASSERT_TRUE(fs.failed());
    if (GetParam() == Mode::kCopy) ExpectOldOrNew(Published(report), false, fs.fail_at);
    ExpectNextJobSucceeds(fs.fail_at);
  }
}

TEST_P(Faults, CancelledAnywhereStopsAtOnceAndLeavesNothing) {
  std::uint64_t total = 0;
  std::chrono::steady_clock::duration limit = std::chrono::seconds(2);
  {
    FailingFileSystem fs(RealFileSystem());
    Bench bench;
    bench.fs = &fs;
    Reset();
    const auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(Apply(options_, bench.context()).outcome, Outcome::kSucceeded);
    total = fs.operations();
    // A job of a fraction of a second: where that takes longer, the end may, too.
    limit = std::max(limit, 10 * (std::chrono::steady_clock::now() - start));
  }
  const auto step = std::max<std::uint64_t>(1, total / 100);
  for (std::uint64_t n = 1; n < total; n += step) {
    Reset();
    FailingFileSystem fs(RealFileSystem());
    Bench bench;
    std::chrono::steady_clock::time_point asked;
    fs.hook = [&](std::uint64_t number) {
      if (number != n) return;
      asked = std::chrono::steady_clock::now();
      bench.cancel.Request();
    };
    bench.fs = &fs;
    const auto report = Apply(options_, bench.context());
    const auto waited = std::chrono::steady_clock::now() - asked;
    EXPECT_LT(waited, limit) << n;
    if (report.outcome == Outcome::kSucceeded) {
      ExpectOldOrNew(true, false, n);  // asked after the point of no return
      continue;
    }
    EXPECT_EQ(report.outcome, Outcome::kCancelled) << n << Describe(report);
    EXPECT_EQ(report.error->code, Code::kCancelled);
    ExpectOldOrNew(false, true, n);
  }
}

TEST_P(Faults, KilledAtAnyMomentLeavesOldOrNewAndTheNextJobCleansUp) {
  std::mt19937 random(11);
  // How long a whole job takes here.
  Reset();
  const auto start = std::chrono::steady_clock::now();
  {
    Bench bench;
    ASSERT_EQ(Apply(options_, bench.context()).outcome, Outcome::kSucceeded);
  }
  auto whole = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  int killed = 0;
  for (int i = 0; i < 30; ++i) {
    Reset();
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Bench bench;
      ::_exit(ExitCode(Apply(options_, bench.context())));
    }
    const std::chrono::microseconds wait(
        std::uniform_int_distribution<long>(0, whole.count() * 11 / 10)(random));
    std::this_thread::sleep_for(wait);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const auto n = static_cast<std::uint64_t>(i);
    if (WIFSIGNALED(status)) {
      ++killed;
    } else {
      whole = std::min(whole, wait);  // it was busy here when the first one was timed
    }
    if (GetParam() == Mode::kCopy) {
      EXPECT_EQ(HashFile(image_), before_) << n;
      if (stdfs::exists(*options_.output)) {
        EXPECT_EQ(HashFile(*options_.output), after_) << n;
      }
      for (const auto& name : Names(dir_.path())) {
        EXPECT_TRUE(name == "a.wim" || name == "out.wim" || name.front() == '.') << name;
      }
    } else if (const auto now = HashFile(image_); now != before_ && now != after_) {
      ExpectOldWithATail(n);
    }
    ExpectNextJobSucceeds(n);
  }
  EXPECT_GT(killed, 5);
}

TEST_P(Faults, TooLittleSpaceIsSaidBeforeAnyWork) {
  Reset();
  FailingFileSystem fs(RealFileSystem());
  fs.free_space = 64 << 10;
  Bench bench;
  bench.fs = &fs;
  struct Phases final : Progress {
    std::vector<std::string> names;
    void BeginPhase(std::string_view name, int, int, std::uint64_t) override {
      names.emplace_back(name);
    }
    void Advance(std::uint64_t) override {}
  } phases;
  bench.progress = &phases;
  const auto report = Apply(options_, bench.context());
  EXPECT_EQ(ExitCode(report), 7) << Describe(report);
  EXPECT_THAT(phases.names, ElementsAre("plan"));
  ExpectOldOrNew(false, true, 0);
}

// Rot between commit and proof, found by nothing but the proof.
TEST_P(Faults, ResultThatRotsBeforeTheProofIsNotPublished) {
  const auto old_size = stdfs::file_size(original_);
  // Contents and the metadata of the images; the tables are read before.
  for (const int part : {1, 4, 8}) {
    Reset();
    Bench bench;
    struct Rot final : Progress {
      std::function<void(std::string_view)> begin;
      void BeginPhase(std::string_view name, int, int, std::uint64_t) override { begin(name); }
      void Advance(std::uint64_t) override {}
    } rot;
    rot.begin = [&](std::string_view phase) {
      if (phase != "verify") return;
      auto victim = image_;
      for (const auto& name : Names(dir_.path())) {
        if (name.ends_with(".tmp")) victim = dir_ / name;
      }
      const auto size = stdfs::file_size(victim);
      ASSERT_GT(size, old_size);
      auto file = RealFileSystem().Open(victim, OpenMode::kReadWrite);
      ASSERT_TRUE(file);
      // A stretch long enough to hit what is referenced, not only what a commit left unused.
      const auto at = old_size + (size - old_size) * static_cast<std::uint64_t>(part) / 16;
      const auto length = std::min<std::uint64_t>(2000, size - at);
      ASSERT_TRUE((*file)->WriteAt(at, Bytes(static_cast<std::size_t>(length), std::byte{0x5A})));
    };
    bench.progress = &rot;
    const auto report = Apply(options_, bench.context());
    ASSERT_EQ(report.outcome, Outcome::kFailed) << part << Describe(report);
    EXPECT_EQ(ExitCode(report), 6) << part << Describe(report);
    ExpectOldOrNew(false, true, static_cast<std::uint64_t>(part));
  }
}

// One update of several is damaged where only reading its payload shows it.
TEST_P(Faults, DamagedPayloadStopsTheJobOrIsLeftOutFromTheStart) {
  const lab::Case* damaged = nullptr;
  // Fixes the same component in a lower version: superseded as long as the damaged one is believed.
  const lab::Case* sound = nullptr;
  for (const auto& which : Lab().report.cases) {
    if (which.image == kTwoIndexes && which.exit_code == 6 && which.plan_exit_code == 0) {
      damaged = &which;
    }
    if (which.name == "fix with a chain of parents") sound = &which;
  }
  ASSERT_TRUE(damaged != nullptr && sound != nullptr);
  options_.updates = {Lab().update(sound->updates.front().update)};
  after_ = HashOfSuccess(options_);
  Reset();
  options_.updates.insert(options_.updates.begin(), Lab().update(damaged->updates.front().update));
  {
    Bench bench;
    const auto report = Apply(options_, bench.context());
    ASSERT_EQ(report.outcome, Outcome::kFailed) << Describe(report) << bench.log.text();
    EXPECT_EQ(report.error->code, Code::kVerificationFailed);
    EXPECT_EQ(report.error->hresult, 0x800736CCU);
    ASSERT_EQ(report.indexes.size(), 2U);
    EXPECT_EQ(report.indexes[0].updates[0].hresult, 0x800736CCU);
    EXPECT_THAT(Decisions(report, 1), testing::Not(testing::HasSubstr("installed")))
        << Describe(report);
    ExpectOldOrNew(false, true, 0);
  }
  options_.continue_on_error = true;
  Bench bench;
  const auto report = Apply(options_, bench.context());
  EXPECT_EQ(report.outcome, Outcome::kPartial) << Describe(report);
  EXPECT_EQ(ExitCode(report), 10);
  EXPECT_EQ(Decisions(report, 2).substr(0, 17), "failed, installed") << Describe(report);
  EXPECT_EQ(report.indexes[1].updates[0].hresult, 0x800736CCU);
  // Nothing of the damaged update is in it: the bytes are those of the job without it.
  ExpectOldOrNew(true, false, 0);
}

// The earlier output survives every failure.
TEST_P(Faults, EarlierOutputSurvivesAFailedJob) {
  if (GetParam() == Mode::kInPlace) GTEST_SKIP() << "there is no other output";
  WriteWhole(*options_.output, "an earlier result");
  for (const std::uint64_t n : {4, 6, 8, 10, 12, 15}) {
    FailingFileSystem fs(RealFileSystem());
    fs.count_reads = false;
    fs.fail_at = n;
    Bench bench;
    bench.fs = &fs;
    const auto report = Apply(options_, bench.context());
    if (report.outcome == Outcome::kSucceeded) break;
    EXPECT_EQ(ReadWhole(*options_.output), "an earlier result") << n;
  }
  ExpectNextJobSucceeds(0);
}

INSTANTIATE_TEST_SUITE_P(Modes, Faults, testing::Values(Mode::kCopy, Mode::kInPlace),
                         [](const auto& mode) {
                           return mode.param == Mode::kCopy ? "Copy" : "InPlace";
                         });

}  // namespace
}  // namespace ww::servicing
