// Whole jobs on the images and updates of the lab, judged by independent programs.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "job_input.h"
#include "job_plan.h"
#include "lab_fixture.h"
#include "referees.h"
#include "search_updates.h"
#include "wimwright/base/text.h"
#include "wimwright/cbs/image_state.h"

namespace ww::servicing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// How a case ends. Which of its codes a refusal has, and what is wrong with a damaged image, is
// judged by the tests of cbs.
void ExpectEnding(int actual, int expected, const lab::Case& which, const JobReport& report) {
  if (which.image.starts_with("defect-")) {
    EXPECT_THAT(actual, testing::AnyOf(2, 5, 6)) << Describe(report);
  } else if (expected >= 3 && expected <= 5) {
    EXPECT_THAT(actual, testing::AnyOf(3, 4, 5)) << Describe(report);
  } else {
    EXPECT_EQ(actual, expected) << Describe(report);
  }
}

std::string PastForm(const std::string& decision) {
  if (decision == "install") return "installed";
  if (decision == "stage") return "staged";
  return decision;
}

// The words that the lab expects for a file, as a set: a file may hold several packages.
std::set<std::string> WordsOf(const JobReport& report, std::string_view input) {
  std::set<std::string> out;
  for (const auto& index : report.indexes) {
    for (const auto& update : index.updates) {
      if (update.input == input) out.insert(update.decision);
    }
  }
  return out;
}

TEST(ApplyLab, EveryCasePlansAsExpectedAndWritesNothing) {
  const auto& lab = Lab();
  ASSERT_FALSE(lab.report.cases.empty());
  for (const auto& which : lab.report.cases) {
    SCOPED_TRACE(which.name);
    Bench bench;
    const auto before = HashFile(lab.image(which.image));
    const auto report = Plan(lab.Options(which), bench.context());
    ExpectEnding(ExitCode(report), which.plan_exit_code, which, report);
    EXPECT_EQ(HashFile(lab.image(which.image)), before);
    EXPECT_EQ(report.bytes_written, 0U);
    // What is refused and why is judged by cbs; what only reading the payload shows comes later.
    if (report.indexes.empty() || which.exit_code != 0) continue;
    for (const auto& expected : which.updates) {
      const auto words = WordsOf(report, stdfs::path(expected.update).filename().string());
      EXPECT_EQ(words.count(expected.decision), 1U) << expected.update << "\n" << Describe(report);
    }
    if (which.build_before.empty()) continue;  // the lab names builds with a UBR only
    EXPECT_EQ(report.indexes[0].build_before, which.build_before) << Describe(report);
  }
}

TEST(ApplyLab, EveryCaseAppliesAsExpectedOrChangesNothing) {
  const auto& lab = Lab();
  for (const auto& which : lab.report.cases) {
    SCOPED_TRACE(which.name);
    const TempDir dir;
    Bench bench;
    auto options = lab.Options(which);
    options.output = dir / "out.wim";
    const auto before = HashFile(options.image);
    const auto report = Apply(options, bench.context());
    ExpectEnding(ExitCode(report), which.exit_code, which, report);
    EXPECT_EQ(HashFile(options.image), before);
    if (which.exit_code != 0) {
      EXPECT_THAT(Names(dir.path()), ElementsAre());
      EXPECT_TRUE(report.error && !report.error->message.empty() &&
                  !report.error->next_step.empty())
          << Describe(report);
      for (const auto& index : report.indexes) EXPECT_EQ(index.build_before, index.build_after);
      EXPECT_THAT(Describe(report), testing::Not(HasSubstr("installed 0x")));
      continue;
    }
    EXPECT_THAT(Names(dir.path()), ElementsAre("out.wim"));
    ASSERT_FALSE(report.indexes.empty());
    if (!which.build_after.empty()) {
      EXPECT_EQ(report.indexes[0].build_after, which.build_after) << Describe(report);
    }
    for (const auto& expected : which.updates) {
      const auto words = WordsOf(report, stdfs::path(expected.update).filename().string());
      EXPECT_EQ(words.count(PastForm(expected.decision)), 1U) << Describe(report);
    }
    EXPECT_EQ(Complaints(*options.output), "");
  }
}

// What the plan says about an image, read through the module's own planner.
struct Planned {
  JobInput input;
  UpdateSet updates;
  JobPlan plan;
};
Planned PlanFor(const JobOptions& options, Bench& bench, JobFileSystem& fs) {
  Planned out;
  const auto context = bench.context();
  out.input = *OpenInput(options.image, fs, bench.log);
  const auto indexes = *ChosenIndexes(options, *out.input.wim);
  auto planned = *PlanJob(options, *out.input.wim, indexes, {}, {}, fs, context);
  out.updates = std::move(planned.updates);
  out.plan = std::move(planned.plan);
  return out;
}

std::string Lower(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  return ToLowerAscii(path);
}

// Calls `begin` with the name of each phase as it begins.
struct AtPhase final : Progress {
  std::function<void(std::string_view)> begin;
  void BeginPhase(std::string_view name, int, int, std::uint64_t) override { begin(name); }
  void Advance(std::uint64_t) override {}
};

class TwoIndexes : public testing::Test {
 protected:
  void SetUp() override {
    const auto* which = Lab().Installable(kTwoIndexes);
    ASSERT_NE(which, nullptr) << "the lab has no installable update for " << kTwoIndexes;
    options_ = Lab().Options(*which);
    options_.indexes.clear();
    options_.output = dir_ / "out.wim";
  }

  TempDir dir_;
  Bench bench_;
  JobOptions options_;
};

TEST_F(TwoIndexes, TheDifferenceIsExactlyThePlan) {
  const auto report = Apply(options_, bench_.context());
  ASSERT_EQ(report.outcome, Outcome::kSucceeded) << Describe(report);
  ASSERT_EQ(report.indexes.size(), 2U);
  EXPECT_EQ(Complaints(*options_.output), "");
  EXPECT_GT(report.bytes_read, 0U);
  EXPECT_GT(report.bytes_written, 0U);

  const auto context = bench_.context();
  JobFileSystem fs(context.fs, context.cancel, context.progress);
  const auto planned = PlanFor(options_, bench_, fs);
  for (const auto& plan : planned.plan.indexes) {
    SCOPED_TRACE(plan.index);
    const auto before = ListImage(options_.image, plan.index);
    const auto after = ListImage(*options_.output, plan.index);
    ASSERT_GT(before.size(), 20U);
    std::set<std::string> named;    // by the plan, with the directories above
    std::set<std::string> removed;  // at the end
    for (const auto& change : *plan.files) {
      auto path = Lower(change.path);
      if (change.kind == cbs::FileChange::Kind::kRemove) {
        removed.insert(path);
      } else {
        removed.erase(path);
      }
      for (; path.size() > 1; path.resize(path.rfind('/'))) named.insert(path);
    }
    for (const auto kind : cbs::kAllHives) {
      for (const auto change : *plan.registry) {
        if (change.hive == kind) named.insert(Lower(std::string(cbs::HiveImagePath(kind))));
      }
    }
    std::size_t added = 0;
    for (const auto& [path, entry] : after) {
      const auto old = before.find(path);
      if (old == before.end()) ++added;
      if (old != before.end() && old->second.sha1 == entry.sha1) continue;
      EXPECT_EQ(named.count(path), 1U) << path << " changed without being planned";
    }
    EXPECT_GT(added, 0U);
    for (const auto& [path, entry] : before) {
      EXPECT_TRUE(after.count(path) != 0 || removed.count(path) != 0) << path;
    }
    for (const auto& path : removed) EXPECT_EQ(after.count(path), 0U) << path;
    std::size_t links = 0;
    for (const auto& change : *plan.files) {
      if (change.kind != cbs::FileChange::Kind::kLink) continue;
      const auto link = after.find(Lower(change.path));
      const auto master = after.find(Lower(change.target));
      ASSERT_TRUE(link != after.end() && master != after.end()) << change.path;
      EXPECT_EQ(link->second.sha1, master->second.sha1);
      EXPECT_FALSE(link->second.link_group.empty()) << change.path;
      EXPECT_EQ(link->second.link_group, master->second.link_group) << change.path;
      ++links;
    }
    EXPECT_GT(links, 0U);
  }
}

TEST_F(TwoIndexes, TheRegistryDifferenceIsExactlyThePlan) {
  if (!HaveProgram("hivexregedit")) GTEST_SKIP() << "hivexregedit is not installed";
  const auto report = Apply(options_, bench_.context());
  ASSERT_EQ(report.outcome, Outcome::kSucceeded) << Describe(report);
  const auto context = bench_.context();
  JobFileSystem fs(context.fs, context.cancel, context.progress);
  const auto planned = PlanFor(options_, bench_, fs);
  for (const auto& plan : planned.plan.indexes) {
    SCOPED_TRACE(plan.index);
    for (const auto kind : {cbs::HiveKind::kSoftware, cbs::HiveKind::kComponents}) {
      auto path = std::string(cbs::HiveImagePath(kind));
      std::replace(path.begin(), path.end(), '\\', '/');
      const auto before = ExportHive(options_.image, plan.index, path);
      const auto after = ExportHive(*options_.output, plan.index, path);
      ASSERT_GT(before.size(), 10U);
      std::set<std::string> named;
      std::set<std::string> cleared;
      for (const auto change : *plan.registry) {
        if (change.hive != kind) continue;
        const auto key = ToLowerAscii(change.key);
        if (change.kind == cbs::RegistryChange::Kind::kDeleteSubkeys) cleared.insert(key + "\\");
        named.insert(key + "\\" + (change.name.empty() ? "@" : ToLowerAscii(change.name)));
        for (auto above = key; !above.empty();) {
          named.insert(above + "\\");
          const auto slash = above.rfind('\\');
          above.resize(slash == std::string::npos ? 0 : slash);
        }
      }
      std::size_t changed = 0;
      for (const auto& [name, value] : after) {
        const auto old = before.find(name);
        if (old != before.end() && old->second == value) continue;
        EXPECT_EQ(named.count(name), 1U) << name << " = " << value;
        ++changed;
      }
      EXPECT_GT(changed, 10U);
      for (const auto& [name, value] : before) {
        if (after.count(name) != 0) continue;
        const bool expected = std::any_of(
            cleared.begin(), cleared.end(),
            [&name = name](const auto& key) { return name.starts_with(key) && name != key; });
        EXPECT_TRUE(expected || named.count(name) != 0) << name << " disappeared";
      }
    }
  }
}

TEST_F(TwoIndexes, SecondRunHasNothingToDoAndCopiesByteForByte) {
  ASSERT_EQ(Apply(options_, bench_.context()).outcome, Outcome::kSucceeded);
  auto again = options_;
  again.image = *options_.output;
  again.output = dir_ / "again.wim";
  const auto report = Apply(again, bench_.context());
  EXPECT_EQ(report.outcome, Outcome::kNothingToDo) << Describe(report);
  EXPECT_EQ(ExitCode(report), 0);
  EXPECT_EQ(HashFile(*again.output), HashFile(again.image));
  const auto before = HashFile(again.image);
  again.output.reset();
  EXPECT_EQ(Apply(again, bench_.context()).outcome, Outcome::kNothingToDo);
  EXPECT_EQ(HashFile(again.image), before);
  again.output = again.image;
  EXPECT_EQ(Apply(again, bench_.context()).outcome, Outcome::kNothingToDo);
  EXPECT_EQ(HashFile(again.image), before);
  EXPECT_THAT(Names(dir_.path()), ElementsAre("again.wim", "out.wim"));
}

TEST_F(TwoIndexes, TheSameJobGivesTheSameBytes) {
  ASSERT_EQ(Apply(options_, bench_.context()).outcome, Outcome::kSucceeded);
  const auto first = HashFile(*options_.output);
  options_.threads = 1;
  options_.output = dir_ / "second.wim";
  ASSERT_EQ(Apply(options_, bench_.context()).outcome, Outcome::kSucceeded);
  EXPECT_EQ(HashFile(*options_.output), first);
}

TEST_F(TwoIndexes, InPlaceGivesTheContentOfTheCopy) {
  ASSERT_EQ(Apply(options_, bench_.context()).outcome, Outcome::kSucceeded);
  stdfs::copy_file(options_.image, dir_ / "in-place.wim");
  auto in_place = options_;
  in_place.image = dir_ / "in-place.wim";
  in_place.output.reset();
  const auto report = Apply(in_place, bench_.context());
  ASSERT_EQ(report.outcome, Outcome::kSucceeded) << Describe(report);
  ExpectSameContent(*options_.output, in_place.image);
  EXPECT_THAT(Names(dir_.path()), ElementsAre("in-place.wim", "out.wim"));
}

TEST_F(TwoIndexes, OutputMayBeTheInput) {
  stdfs::copy_file(options_.image, dir_ / "a.wim");
  options_.image = dir_ / "a.wim";
  options_.output = dir_ / "a.wim";
  const auto before = HashFile(options_.image);
  ASSERT_EQ(Apply(options_, bench_.context()).outcome, Outcome::kSucceeded);
  EXPECT_NE(HashFile(options_.image), before);
  EXPECT_EQ(Complaints(options_.image), "");
}

TEST_F(TwoIndexes, OneIndexLeavesTheOtherAlone) {
  options_.indexes = {2};
  const auto report = Apply(options_, bench_.context());
  ASSERT_EQ(report.outcome, Outcome::kSucceeded) << Describe(report);
  const auto before = ListImage(options_.image, 1);
  const auto after = ListImage(*options_.output, 1);
  ASSERT_EQ(before.size(), after.size());
  for (const auto& [path, entry] : before) EXPECT_EQ(after.at(path).sha1, entry.sha1) << path;
  options_.indexes = {3};
  EXPECT_EQ(ExitCode(Apply(options_, bench_.context())), 2);
}

TEST_F(TwoIndexes, AFolderIsSearchedAndTheRestIsNamed) {
  stdfs::create_directory(dir_ / "folder");
  for (const auto& update : options_.updates) {
    // The name tells nothing: updates are recognised by content.
    stdfs::copy_file(update, dir_ / "folder" / (update.stem().string() + ".bin"));
  }
  WriteWhole(dir_ / "folder" / "readme.msu", "no update");
  options_.updates = {dir_ / "folder"};
  const auto report = Apply(options_, bench_.context());
  EXPECT_EQ(report.outcome, Outcome::kSucceeded) << Describe(report);
  ASSERT_EQ(report.ignored_files.size(), 1U);
  EXPECT_THAT(report.ignored_files[0], HasSubstr("readme.msu"));
}

TEST_F(TwoIndexes, EmptyFolderIsAnErrorThatSaysSo) {
  stdfs::create_directory(dir_ / "folder");
  options_.updates = {dir_ / "folder"};
  const auto report = Apply(options_, bench_.context());
  EXPECT_EQ(report.outcome, Outcome::kFailed);
  EXPECT_THAT(report.error->message, HasSubstr("no update was found"));
  EXPECT_FALSE(stdfs::exists(*options_.output));
}

TEST_F(TwoIndexes, UnreadableUpdateFailsTheJobOrIsLeftOut) {
  WriteWhole(dir_ / "broken.cab", "MSCF and nothing more");
  options_.updates.push_back(dir_ / "broken.cab");
  auto report = Apply(options_, bench_.context());
  EXPECT_EQ(report.outcome, Outcome::kFailed);
  EXPECT_FALSE(stdfs::exists(*options_.output));
  EXPECT_EQ(report.indexes.at(0).updates.back().decision, "refused") << Describe(report);
  EXPECT_EQ(report.indexes.at(0).updates.front().decision, "failed") << Describe(report);
  options_.continue_on_error = true;
  report = Apply(options_, bench_.context());
  EXPECT_EQ(report.outcome, Outcome::kPartial) << Describe(report);
  EXPECT_EQ(report.indexes.at(0).updates.front().decision, "installed") << Describe(report);
  EXPECT_EQ(Complaints(*options_.output), "");
}

TEST_F(TwoIndexes, BusyImageAndBusyOutputAreRefused) {
  stdfs::copy_file(options_.image, dir_ / "a.wim");
  options_.image = dir_ / "a.wim";
  {
    auto writer = RealFileSystem().Open(options_.image, OpenMode::kReadWrite);
    ASSERT_TRUE(writer && (*writer)->LockExclusive());
    EXPECT_EQ(ExitCode(Apply(options_, bench_.context())), 8);
    EXPECT_EQ(ExitCode(Plan(options_, bench_.context())), 8);
    auto in_place = options_;
    in_place.output.reset();
    EXPECT_EQ(ExitCode(Apply(in_place, bench_.context())), 8);
  }
  // Another job on the same output, while the first is under way.
  AtPhase progress;
  int busy = 0;
  progress.begin = [&](std::string_view phase) {
    if (phase != "edit") return;
    Bench other;
    busy = ExitCode(Apply(options_, other.context()));
  };
  bench_.progress = &progress;
  EXPECT_EQ(Apply(options_, bench_.context()).outcome, Outcome::kSucceeded);
  EXPECT_EQ(busy, 8);
}

TEST_F(TwoIndexes, InputThatChangesDuringTheJobIsAConflict) {
  stdfs::copy_file(options_.image, dir_ / "a.wim");
  options_.image = dir_ / "a.wim";
  AtPhase progress;
  progress.begin = [&](std::string_view phase) {
    if (phase == "verify") WriteWhole(options_.image, ReadWhole(options_.image) + "x");
  };
  bench_.progress = &progress;
  const auto report = Apply(options_, bench_.context());
  ASSERT_EQ(report.outcome, Outcome::kFailed);
  EXPECT_EQ(report.error->code, Code::kConflict);
  EXPECT_THAT(Names(dir_.path()), ElementsAre("a.wim"));
}

// The job goes on with another file than it was planned for; whatever that leads to is no bug.
TEST_F(TwoIndexes, InputThatIsReplacedDuringTheJobIsAConflict) {
  const auto original = options_.image;
  options_.image = dir_ / "a.wim";
  AtPhase progress;
  progress.begin = [&](std::string_view phase) {
    if (phase != "payload") return;
    stdfs::copy_file(original.parent_path() / "win81-x86.wim", dir_ / "other.wim");
    stdfs::rename(dir_ / "other.wim", options_.image);
  };
  bench_.progress = &progress;
  stdfs::copy_file(original, options_.image);
  const auto report = Apply(options_, bench_.context());
  ASSERT_EQ(report.outcome, Outcome::kFailed);
  EXPECT_EQ(report.error->code, Code::kConflict) << Describe(report);
  EXPECT_THAT(Names(dir_.path()), ElementsAre("a.wim"));
}

TEST_F(TwoIndexes, PhasesComeInOrder) {
  struct Recorder final : Progress {
    std::vector<std::string> names;
    std::uint64_t total = 0;
    std::atomic<std::uint64_t> done = 0;
    void BeginPhase(std::string_view name, int number, int count, std::uint64_t size) override {
      EXPECT_EQ(count, 6);
      EXPECT_EQ(number, static_cast<int>(names.size()) + 1);
      EXPECT_TRUE(names.empty() || done <= total) << names.back() << done << " > " << total;
      names.emplace_back(name);
      total = size;
      done = 0;
    }
    void Advance(std::uint64_t bytes) override { done += bytes; }
  } progress;
  bench_.progress = &progress;
  options_.threads = 1;
  ASSERT_EQ(Apply(options_, bench_.context()).outcome, Outcome::kSucceeded);
  EXPECT_THAT(progress.names,
              ElementsAre("plan", "payload", "edit", "commit", "verify", "publish"));
}

TEST(ApplyGenuine, HotfixOnAnImageThatFitsIt) {
  const stdfs::path msu = stdfs::path(WW_CORPUS) / "packages" / "Windows6.1-KB2780124-x86.msu";
  if (!stdfs::exists(msu)) GTEST_SKIP() << "the corpus is not here";
  const auto image = Lab().image("win7sp1-x86.wim");
  if (!stdfs::exists(image)) GTEST_SKIP() << "the lab has no Windows 7 image";
  const TempDir dir;
  Bench bench;
  JobOptions options;
  options.image = image;
  options.updates = {msu};
  options.output = dir / "out.wim";
  const auto report = Apply(options, bench.context());
  ASSERT_EQ(report.outcome, Outcome::kSucceeded) << Describe(report) << bench.log.text();
  EXPECT_EQ(Complaints(*options.output), "");
  options.image = *options.output;
  options.output = dir / "again.wim";
  EXPECT_EQ(Apply(options, bench.context()).outcome, Outcome::kNothingToDo);
}

}  // namespace
}  // namespace ww::servicing
