#include "outcome.h"

#include <gtest/gtest.h>

#include "job_record.h"

namespace ww::manager {
namespace {

servicing::UpdateOutcome File(std::string input, std::string decision, std::uint32_t hresult = 0) {
  servicing::UpdateOutcome outcome;
  outcome.input = std::move(input);
  outcome.decision = std::move(decision);
  outcome.hresult = hresult;
  return outcome;
}

servicing::JobReport Report(std::vector<servicing::UpdateOutcome> updates) {
  servicing::JobReport report;
  report.outcome = servicing::Outcome::kSucceeded;
  servicing::IndexOutcome index;
  index.index = 1;
  index.updates = std::move(updates);
  report.indexes = {index};
  return report;
}

const UpdateOfFile kFiles{{"a", 7}, {"b", 7}, {"c", 8}};

TEST(UpdateResults, AnUpdateIsInstalledWhenTheFilesThatApplyAre) {
  const auto results =
      ResultsOf(Report({File("a", "installed"), File("b", "not_applicable", 0x800F081E),
                        File("c", "already_present")}),
                kFiles, true);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].update, 7u);
  EXPECT_EQ(results[0].status, UpdateStatus::kInstalled);
  EXPECT_EQ(results[0].error, 0);
  EXPECT_TRUE(results[0].installed_now);
  EXPECT_EQ(results[1].status, UpdateStatus::kInstalled);
  EXPECT_FALSE(results[1].installed_now);
}

TEST(UpdateResults, OneFailedFileFailsTheUpdate) {
  const auto results =
      ResultsOf(Report({File("a", "installed"), File("b", "failed", 0x80070570)}), kFiles, true);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].error, 0x570);
  EXPECT_FALSE(results[0].installed_now);
}

TEST(UpdateResults, NothingIsInstalledByAJobThatWasNotPublished) {
  const auto results = ResultsOf(Report({File("a", "installed")}), kFiles, false);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].status, UpdateStatus::kApplicable);
  EXPECT_FALSE(results[0].installed_now);
}

TEST(UpdateResults, CodesAreWin32NumbersAsInTheProduct) {
  EXPECT_EQ(Win32Of(0x800700A1u), 161);
  EXPECT_EQ(Win32Of(0x800F0823u), static_cast<std::int32_t>(0x800F0823u));
  EXPECT_EQ(Win32Of(Error{Code::kNoSpace, "", {}, 0}), 112);
}

TEST(JobRecord, BringsBackWhatTheResultsNeed) {
  auto report = Report({File("a", "installed"), File("c", "refused", 0x800F082E)});
  report.indexes[0].updates[1].reason = "why";
  const auto back = ReportOf(RecordOf(report, "LAB00001"));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->outcome, servicing::Outcome::kSucceeded);
  const auto results = ResultsOf(*back, kFiles, true);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].error, static_cast<std::int32_t>(0x800F082Eu));
  EXPECT_EQ(results[1].reason, "why");
}

TEST(JobRecord, RefusesWhatIsNone) {
  EXPECT_TRUE(ReportOf(""));
  for (const char* text : {"{", "[]x", R"({"indexes":[{"index":"one"}]})"}) {
    EXPECT_FALSE(ReportOf(text)) << text;
  }
}

}  // namespace
}  // namespace ww::manager
