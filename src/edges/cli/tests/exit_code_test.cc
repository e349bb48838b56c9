#include "exit_code.h"

#include <gtest/gtest.h>

#include <map>

namespace ww::cli {
namespace {

// The table of docs/cli.md, written down a second time on purpose: scripts depend on it.
TEST(ExitCode, FollowsTheTable) {
  const std::map<Code, int> table{{Code::kUsage, 1},
                                  {Code::kCorrupt, 2},
                                  {Code::kNotFound, 2},
                                  {Code::kIo, 2},
                                  {Code::kLimit, 2},
                                  {Code::kNotApplicable, 3},
                                  {Code::kPrerequisiteMissing, 4},
                                  {Code::kUnsupported, 5},
                                  {Code::kConflict, 5},
                                  {Code::kVerificationFailed, 6},
                                  {Code::kNoSpace, 7},
                                  {Code::kBusy, 8},
                                  {Code::kCancelled, 9},
                                  {Code::kInternal, 20}};
  EXPECT_EQ(table.size(), 14u);
  for (const auto& [code, expected] : table)
    EXPECT_EQ(ExitCodeOf(code), expected) << CodeName(code);
}

TEST(ExitCode, OfAJobFollowsItsOutcome) {
  servicing::JobReport report;
  report.outcome = servicing::Outcome::kSucceeded;
  EXPECT_EQ(ExitCodeOf(report), 0);
  report.outcome = servicing::Outcome::kNothingToDo;
  EXPECT_EQ(ExitCodeOf(report), 0);
  report.outcome = servicing::Outcome::kPlanned;
  EXPECT_EQ(ExitCodeOf(report), 0);
  report.outcome = servicing::Outcome::kPartial;
  EXPECT_EQ(ExitCodeOf(report), 10);
  report.outcome = servicing::Outcome::kCancelled;
  EXPECT_EQ(ExitCodeOf(report), 9);
  report.outcome = servicing::Outcome::kFailed;
  report.error = Error{Code::kPrerequisiteMissing, "needs a stack", {}, 0};
  EXPECT_EQ(ExitCodeOf(report), 4);
}

TEST(ExitCode, OfAJobThatFailedWithoutAReasonIsOurBug) {
  EXPECT_EQ(ExitCodeOf(servicing::JobReport{}), 20);
}

}  // namespace
}  // namespace ww::cli
