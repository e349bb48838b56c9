#include "wimwright/schedule/next_run.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace ww::schedule {
namespace {

WallClock Wall(const char* text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  EXPECT_EQ(std::sscanf(text, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute), 5) << text;
  return ToWallClock({static_cast<std::uint16_t>(year), static_cast<std::uint8_t>(month),
                      static_cast<std::uint8_t>(day), static_cast<std::uint8_t>(hour),
                      static_cast<std::uint8_t>(minute)});
}
TimePoint Utc(const char* text) { return TimePoint(std::chrono::seconds(Wall(text))); }

std::string Text(const std::optional<TimePoint>& time) {
  if (!time) return "none";
  const auto days = std::chrono::floor<std::chrono::days>(*time);
  const std::chrono::year_month_day ymd(days);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(*time - days).count();
  char out[32];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u %02d:%02d", static_cast<int>(ymd.year()),
                static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  return out;
}

std::string Next(const std::string& text, const char* from,
                 const TimeZone& zone = TimeZone::Utc()) {
  const auto tokens = ParseSchedule(text);
  if (!tokens) return tokens.error().message;
  return Text(NextRun(*tokens, Utc(from), zone));
}

TEST(NextRun, AgreesWithEveryVector) {
  // schedule-tokens.md 5.
  struct {
    const char *token, *from, *next;
  } const kVectors[] = {
      {"0034BE0000080000", "2026-11-20 00:00", "2026-11-20 01:00"},
      {"0034BE0000080001", "2026-11-20 02:00", "none"},
      {"0034BE0000100008", "2026-11-22 01:00", "2026-11-22 01:00"},
      {"0034BE0000100008", "2026-11-22 01:01", "2026-11-23 01:00"},
      {"0034BE0000100700", "2026-11-21 00:00", "2026-11-21 05:00"},
      {"0034BE0000194000", "2026-11-20 00:00", "2026-11-22 01:00"},
      {"0034BE0000194000", "2026-11-23 00:00", "2026-12-06 01:00"},
      {"0034BE0000231400", "2026-11-20 00:00", "2026-12-08 01:00"},
      {"0034BE0000231400", "2026-12-09 00:00", "2027-01-12 01:00"},
      {"0034BE0000263000", "2026-11-20 00:00", "2026-11-27 01:00"},
      {"0034BE0000263000", "2026-11-28 00:00", "2027-02-26 01:00"},
      {"006D1E00203314C0", "2026-02-01 00:00", "2026-02-13 03:00"},
      {"02C11E0000371140", "2026-01-01 00:00", "2026-01-31 22:00"},
      {"78411E0000280400", "2026-02-01 00:00", "2026-02-28 02:30"},
      {"78411E0000280400", "2028-02-01 00:00", "2028-02-29 02:30"},
      {"785F1E00002FC400", "2026-02-01 00:00", "2026-03-31 02:30"},
      {"003E1E00002F8400", "2026-02-01 00:00", "2026-03-30 01:00"},
      {"003D2E80002F7000", "2028-03-01 00:00", "2032-02-29 01:00"},
      {"EEFFCFC000080000", "2026-01-01 00:00", "2033-12-31 23:59"},
  };
  for (const auto& v : kVectors) EXPECT_EQ(Next(v.token, v.from), v.next) << v.token << v.from;
}

TEST(NextRun, TakesTheEarliestOfSeveral) {
  EXPECT_EQ(Next("791378800008000055147880001B200055177880001E2000", "2004-07-21 00:00"),
            "2004-07-23 08:21");
  EXPECT_EQ(Next("", "2004-07-21 00:00"), "none");
}

TEST(NextRun, NeverStartsBeforeTheStart) {
  EXPECT_EQ(Next("0034BE0000100008", "1999-01-01 00:00"), "2026-11-20 01:00");
  EXPECT_EQ(Next("0034BE0000100700", "1999-01-01 00:00"), "2026-11-20 01:00");
  // The second Tuesday of November 2026 is the tenth: before the start.
  EXPECT_EQ(Next("0034BE0000231400", "1999-01-01 00:00"), "2026-12-08 01:00");
}

TEST(NextRun, AddsSeveralSpansAndRunsOnceWithoutOne) {
  Token token;
  token.start = {2026, 11, 20, 1, 0};
  token.recurrence = RecurInterval{1, 1, 30};
  EXPECT_EQ(Text(NextRun(token, Utc("2026-11-20 01:01"), TimeZone::Utc())), "2026-11-21 02:30");
  token.recurrence = RecurInterval{};
  EXPECT_EQ(Text(NextRun(token, Utc("2026-11-20 01:01"), TimeZone::Utc())), "none");
  EXPECT_EQ(Text(NextRun(token, Utc("2026-11-20 01:00"), TimeZone::Utc())), "2026-11-20 01:00");
}

TEST(NextRun, CountsSecondsOfTheQuestion) {
  const auto token = *DecodeToken("0034BE0000100008");
  const auto just_after = Utc("2026-11-22 01:00") + std::chrono::nanoseconds(1);
  EXPECT_EQ(Text(NextRun(token, just_after, TimeZone::Utc())), "2026-11-23 01:00");
}

TEST(NextRun, FindsRareDaysAndGivesUpOnImpossibleOnes) {
  Token token;
  token.start = {2026, 2, 1, 0, 0};
  token.recurrence = RecurMonthlyByDate{30, 12};  // 30 February
  EXPECT_EQ(Text(NextRun(token, Utc("2026-02-01 00:00"), TimeZone::Utc())), "none");
  token.start = {2028, 2, 29, 0, 0};
  token.recurrence = RecurMonthlyByDate{29, 12};
  EXPECT_EQ(Text(NextRun(token, Utc("2096-03-01 00:00"), TimeZone::Utc())), "2104-02-29 00:00");
}

TEST(NextRun, EndsWithTime) {
  const auto last = TimePoint::max();
  for (const auto* text : {"0034BE0000100008", "0034BE0000100700", "0034BE0000194000",
                           "0034BE0000231400", "78411E0000280400"}) {
    EXPECT_EQ(NextRun(*DecodeToken(text), last, TimeZone::Utc()), std::nullopt);
    EXPECT_TRUE(NextRun(*DecodeToken(text), TimePoint::min(), TimeZone::Utc()));
  }
}

class NextRunInBerlin : public testing::Test {
 protected:
  // Clocks go forward on 2026-03-29 at 02:00 (01:00 UTC), back on 2026-10-25 at 03:00 (01:00 UTC).
  void SetUp() override {
    auto zone = TimeZone::Find("Europe/Berlin");
    if (!zone) GTEST_SKIP() << zone.error().message;
    zone_ = *zone;
  }
  std::string At(StartTime start, Recurrence recurrence, const char* from_utc, bool gmt = false) {
    const Token token{start, {}, gmt, recurrence};
    return Text(NextRun(token, Utc(from_utc), zone_));
  }
  TimeZone zone_ = TimeZone::Utc();
};

TEST_F(NextRunInBerlin, KeepsTheWallClockForDaysWeeksAndMonths) {
  const StartTime start{2026, 3, 1, 4, 0};
  EXPECT_EQ(At(start, RecurInterval{1, 0, 0}, "2026-03-28 00:00"), "2026-03-28 03:00");
  EXPECT_EQ(At(start, RecurInterval{1, 0, 0}, "2026-03-29 00:00"), "2026-03-29 02:00");
  EXPECT_EQ(At(start, RecurWeekly{Day::kSunday, 1}, "2026-03-29 00:00"), "2026-03-29 02:00");
  EXPECT_EQ(At(start, RecurMonthlyByDate{1, 1}, "2026-04-01 00:00"), "2026-04-01 02:00");
  EXPECT_EQ(At(start, RecurWeekly{Day::kSunday, 1}, "2026-03-29 00:00", true), "2026-03-29 04:00");
}

TEST_F(NextRunInBerlin, CountsElapsedHours) {
  // Every 12 hours from 2026-03-28 20:00 local, 19:00 UTC.
  const StartTime start{2026, 3, 28, 20, 0};
  EXPECT_EQ(At(start, RecurInterval{0, 12, 0}, "2026-03-29 00:00"), "2026-03-29 07:00");
}

TEST_F(NextRunInBerlin, StartsAtTheEndOfTheGap) {
  const StartTime start{2026, 3, 1, 2, 30};
  EXPECT_EQ(At(start, RecurInterval{1, 0, 0}, "2026-03-29 00:00"), "2026-03-29 01:00");
  EXPECT_EQ(At({2026, 3, 29, 2, 30}, NonRecurring{}, "2026-03-01 00:00"), "2026-03-29 01:00");
  // The day after it is 02:30 again, summer time.
  EXPECT_EQ(At(start, RecurInterval{1, 0, 0}, "2026-03-29 01:01"), "2026-03-30 00:30");
}

TEST_F(NextRunInBerlin, TakesTheFirstOfTwoEqualTimesOnce) {
  const StartTime start{2026, 10, 1, 2, 30};
  EXPECT_EQ(At(start, RecurInterval{1, 0, 0}, "2026-10-25 00:00"), "2026-10-25 00:30");
  EXPECT_EQ(At(start, RecurInterval{1, 0, 0}, "2026-10-25 00:31"), "2026-10-26 01:30");
}

TEST_F(NextRunInBerlin, KnowsSummerTimeOfTheYearsThatTokensReach) {
  EXPECT_EQ(At({2033, 7, 1, 12, 0}, NonRecurring{}, "2026-01-01 00:00"), "2033-07-01 10:00");
  EXPECT_EQ(At({2033, 1, 1, 12, 0}, NonRecurring{}, "2026-01-01 00:00"), "2033-01-01 11:00");
}

TEST_F(NextRunInBerlin, TurnsInstantsIntoStarts) {
  EXPECT_EQ(StartTimeAt(Utc("2026-07-01 10:00"), zone_), (StartTime{2026, 7, 1, 12, 0}));
  EXPECT_EQ(StartTimeAt(Utc("2026-07-01 10:00"), TimeZone::Utc()), (StartTime{2026, 7, 1, 10, 0}));
  EXPECT_EQ(StartTimeAt(TimePoint::max(), zone_), (StartTime{2033, 12, 31, 23, 59}));
  EXPECT_EQ(StartTimeAt(TimePoint::min(), zone_), (StartTime{1970, 1, 1, 0, 0}));
}

TEST(TimeZone, SaysWhichZoneIsMissing) {
  const auto zone = TimeZone::Find("Europe/Nowhere");
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().code, Code::kNotFound);
  EXPECT_FALSE(TimeZone::Find("../../etc/passwd"));
  EXPECT_EQ(TimeZone::Utc().name(), "UTC");
}

}  // namespace
}  // namespace ww::schedule
