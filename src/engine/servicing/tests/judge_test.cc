#include <gtest/gtest.h>

#include "job_plan.h"
#include "job_report.h"

namespace ww::servicing {
namespace {

using cbs::Decision;

struct Situation {
  JobPlan plan;
  UpdateSet updates;

  // One index per list.
  explicit Situation(std::vector<std::vector<Decision>> decisions) {
    updates.updates.resize(decisions.front().size());
    for (std::size_t i = 0; i < updates.updates.size(); ++i) {
      updates.updates[i].input = "u" + std::to_string(i + 1);
    }
    int number = 0;
    for (const auto& list : decisions) {
      IndexPlan index;
      index.index = ++number;
      index.files = std::make_shared<FileChanges>();
      index.registry = std::make_shared<RegistryChanges>();
      index.before = {"14393", "1"};
      index.after = {"14393", "2"};
      for (const auto decision : list) {
        cbs::UpdateDecision made;
        made.decision = decision;
        made.code = decision == Decision::kRefused ? Code::kUnsupported : Code::kNotApplicable;
        made.reason = "because";
        index.does_something = index.does_something || decision == Decision::kInstall;
        index.decisions.emplace_back(made);
      }
      plan.indexes.push_back(std::move(index));
    }
  }
  Verdict Judged(bool continue_on_error) const { return Judge(plan, updates, continue_on_error); }
};

using Kind = Verdict::Kind;

TEST(Judge, NotApplicableBesideWorkIsNoFailure) {
  const Situation s({{Decision::kInstall, Decision::kNotApplicable}});
  const auto verdict = s.Judged(false);
  EXPECT_EQ(verdict.kind, Kind::kDo);
  EXPECT_FALSE(verdict.error);
}

TEST(Judge, NothingApplicableFails) {
  const Situation s({{Decision::kNotApplicable}, {Decision::kNotApplicable}});
  for (const bool continue_on_error : {false, true}) {
    const auto verdict = s.Judged(continue_on_error);
    EXPECT_EQ(verdict.kind, Kind::kFail);
    EXPECT_EQ(verdict.error->code, Code::kNotApplicable);
    EXPECT_EQ(verdict.error->hresult, cbs::kHrNotApplicable);
  }
}

TEST(Judge, AlreadyPresentIsNothingToDoEvenBesideNotApplicable) {
  EXPECT_EQ(Situation({{Decision::kAlreadyPresent}}).Judged(false).kind, Kind::kNothing);
  EXPECT_EQ(Situation({{Decision::kSuperseded}, {Decision::kNotApplicable}}).Judged(false).kind,
            Kind::kNothing);
}

TEST(Judge, OneRefusalStopsEverythingUnlessContinuing) {
  const Situation s(
      {{Decision::kInstall, Decision::kInstall}, {Decision::kInstall, Decision::kRefused}});
  auto verdict = s.Judged(false);
  EXPECT_EQ(verdict.kind, Kind::kFail);
  EXPECT_EQ(verdict.error->code, Code::kUnsupported);
  verdict = s.Judged(true);
  EXPECT_EQ(verdict.kind, Kind::kDo);
  EXPECT_TRUE(verdict.some_refused);
}

TEST(Judge, ContinuingWithNothingLeftToDoFails) {
  const Situation s({{Decision::kRefused, Decision::kNotApplicable}});
  const auto verdict = s.Judged(true);
  EXPECT_EQ(verdict.kind, Kind::kFail);
  EXPECT_EQ(verdict.error->code, Code::kUnsupported);
}

TEST(Judge, UnreadableUpdateCountsAsRefusal) {
  Situation s({{Decision::kInstall, Decision::kInstall}});
  s.updates.updates[1].error = Error{Code::kCorrupt, "broken"};
  s.plan.indexes[0].decisions[1].reset();
  EXPECT_EQ(s.Judged(false).kind, Kind::kFail);
  EXPECT_EQ(s.Judged(false).error->code, Code::kCorrupt);
  EXPECT_EQ(s.Judged(true).kind, Kind::kDo);
  EXPECT_TRUE(s.Judged(true).some_refused);
}

TEST(JobReport, SaysInstalledOnlyOfWhatWasPublished) {
  Situation s({{Decision::kInstall, Decision::kRefused}});
  JobReport report;
  ReportIndexes(s.plan, s.updates, Stage::kPlanned, {}, report);
  EXPECT_EQ(report.indexes[0].updates[0].decision, "install");
  EXPECT_EQ(report.indexes[0].build_after, "14393.2");
  ReportIndexes(s.plan, s.updates, Stage::kApplied, {}, report);
  EXPECT_EQ(report.indexes[0].updates[0].decision, "installed");
  EXPECT_EQ(report.indexes[0].updates[1].decision, "refused");
  ReportIndexes(s.plan, s.updates, Stage::kNotDone, Error{Code::kIo, "disk"}, report);
  EXPECT_EQ(report.indexes[0].updates[0].decision, "failed");
  EXPECT_EQ(report.indexes[0].updates[1].decision, "refused");
  EXPECT_EQ(report.indexes[0].build_after, "14393.1");
}

}  // namespace
}  // namespace ww::servicing
