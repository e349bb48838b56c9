#include "progress_printer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace ww::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

ProgressState Half() {
  ProgressState state;
  state.phase = "Applying";
  state.number = 2;
  state.count = 5;
  state.done = 500;
  state.total = 1000;
  state.elapsed = std::chrono::seconds(30);
  state.in_phase = std::chrono::seconds(10);
  return state;
}

TEST(Progress, SaysPhasePercentElapsedAndWhatIsLeft) {
  const std::string line = FormatProgress(Half());
  EXPECT_THAT(line, HasSubstr("[2/5] Applying"));
  EXPECT_THAT(line, HasSubstr(" 50% of 1.0 kB"));
  EXPECT_THAT(line, HasSubstr("0:30 elapsed, 0:10 left"));
}

TEST(Progress, MakesNoPromiseFromTheFirstMoment) {
  ProgressState state = Half();
  state.in_phase = std::chrono::milliseconds(100);
  EXPECT_THAT(FormatProgress(state), Not(HasSubstr("left")));
}

TEST(Progress, StaysBelowHundredPercentAndWithoutPercentWhenTheTotalIsUnknown) {
  ProgressState state = Half();
  state.done = 5000;
  EXPECT_THAT(FormatProgress(state), HasSubstr("100%"));
  state.total = 0;
  EXPECT_THAT(FormatProgress(state), Not(HasSubstr("%")));
}

TEST(Progress, FitsAnOrdinaryTerminal) {
  ProgressState state = Half();
  state.phase = "Verifying the image";
  state.total = 2'800'000'000;
  state.done = 1'700'000'000;
  state.elapsed = std::chrono::hours(11);
  state.in_phase = std::chrono::hours(10);
  EXPECT_LE(FormatProgress(state).size(), 79u) << FormatProgress(state);
}

TEST(Progress, OneLinePerPhaseWithoutATerminal) {
  std::ostringstream out;
  {
    ProgressPrinter printer(out, false);
    printer.BeginPhase("one", 1, 2, 0);
    printer.Advance(10);
    printer.BeginPhase("two", 2, 2, 0);
  }
  EXPECT_THAT(out.str(), HasSubstr("[1/2] one"));
  EXPECT_THAT(out.str(), HasSubstr("[2/2] two"));
  EXPECT_THAT(out.str(), Not(HasSubstr("\r")));
}

TEST(Progress, LeavesACleanLineOnATerminal) {
  std::ostringstream out;
  {
    ProgressPrinter printer(out, true);
    printer.BeginPhase("one", 1, 1, 100);
    printer.Pause();
    out << "text\n";
  }
  EXPECT_TRUE(out.str().ends_with("\rtext\n")) << out.str();
}

}  // namespace
}  // namespace ww::cli
