#include "due.h"

#include <gtest/gtest.h>

namespace ww::manager {
namespace {

using namespace std::chrono_literals;
using schedule::Token;

TimePoint At(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  using namespace std::chrono;
  return sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) +
         hours(hour) + minutes(minute);
}

Token Once(int day, int hour) {
  Token token;
  token.start = {2026, 11, static_cast<std::uint8_t>(day), static_cast<std::uint8_t>(hour), 0};
  token.recurrence = schedule::NonRecurring{};
  return token;
}

Token Daily(int hour) {
  Token token;
  token.start = {2026, 11, 1, static_cast<std::uint8_t>(hour), 0};
  token.recurrence = schedule::RecurInterval{.day_span = 1};
  return token;
}

std::optional<TimePoint> Due(std::vector<Token> tokens, TimePoint since, bool never_ran,
                             TimePoint now) {
  return DueAt(tokens, since, never_ran, now, schedule::TimeZone::Utc());
}

TEST(Due, AOneTimeScheduleOfThePastIsDueAtOnceWhenItNeverRan) {
  const auto due = Due({Once(20, 8)}, At(2026, 11, 21), true, At(2026, 11, 21, 1));
  ASSERT_TRUE(due);
  EXPECT_EQ(*due, At(2026, 11, 20, 8));
}

TEST(Due, AOneTimeScheduleThatRanIsNeverDueAgain) {
  EXPECT_FALSE(Due({Once(20, 8)}, At(2026, 11, 20, 8), false, At(2026, 11, 21)));
}

TEST(Due, WhatWasMissedWhileTheServerWasDownIsDueOnce) {
  const auto now = At(2026, 11, 21, 12);
  const auto due = Due({Daily(3)}, At(2026, 11, 10, 3), false, now);
  ASSERT_TRUE(due);
  EXPECT_LE(*due, now);
  // Having run now, the next time is tomorrow.
  EXPECT_EQ(Due({Daily(3)}, now, false, now), At(2026, 11, 22, 3));
}

TEST(Due, AMomentThatWasServedIsNotServedAgain) {
  const auto moment = At(2026, 11, 21, 3);
  EXPECT_EQ(Due({Daily(3)}, moment, false, moment), At(2026, 11, 22, 3));
}

TEST(Due, AClockThatWasSetBackDoesNotHoldAScheduleUp) {
  // Ran on the 30th, by a clock that was wrong; now it is the 21st.
  EXPECT_EQ(Due({Daily(3)}, At(2026, 11, 30, 3), false, At(2026, 11, 21, 4)), At(2026, 11, 22, 3));
}

TEST(Due, SeveralTokensAreDueWhenTheFirstOfThemIs) {
  EXPECT_EQ(Due({Daily(9), Daily(6)}, At(2026, 11, 21), false, At(2026, 11, 21)),
            At(2026, 11, 21, 6));
}

TEST(Due, NoTokenIsNeverDue) { EXPECT_FALSE(Due({}, At(2026, 11, 21), true, At(2026, 11, 21))); }

TEST(Windows, CoverTheTimeFromTheirStartForTheirDuration) {
  auto window = Daily(22);
  window.duration.hours = 4;
  const std::vector<Token> windows{window};
  const auto utc = schedule::TimeZone::Utc();
  EXPECT_FALSE(InWindow(windows, At(2026, 11, 21, 21, 59), utc));
  EXPECT_TRUE(InWindow(windows, At(2026, 11, 21, 22), utc));
  EXPECT_TRUE(InWindow(windows, At(2026, 11, 22, 1, 59), utc));
  EXPECT_FALSE(InWindow(windows, At(2026, 11, 22, 2), utc));
}

TEST(Windows, NoneIsAlwaysAndOneWithoutDurationNever) {
  EXPECT_TRUE(InWindow({}, At(2026, 11, 21), schedule::TimeZone::Utc()));
  const std::vector<Token> windows{Daily(0)};
  EXPECT_FALSE(InWindow(windows, At(2026, 11, 21), schedule::TimeZone::Utc()));
}

}  // namespace
}  // namespace ww::manager
