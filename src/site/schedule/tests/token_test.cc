#include "wimwright/schedule/token.h"

#include <gtest/gtest.h>

namespace ww::schedule {
namespace {

struct Vector {
  const char* text;
  Token token;
};

Token Make(StartTime start, Duration duration, Recurrence recurrence, bool gmt = false) {
  return {start, duration, gmt, recurrence};
}

// schedule-tokens.md 4 and 5.
const Vector kVectors[] = {
    {"0034394008100008", Make({2007, 3, 20, 1, 0}, {0, 1, 0}, RecurInterval{1, 0, 0})},
    {"00343940081A2000", Make({2007, 3, 20, 1, 0}, {0, 1, 0}, RecurWeekly{Day::kMonday, 1})},
    {"0034394008284400", Make({2007, 3, 20, 1, 0}, {0, 1, 0}, RecurMonthlyByDate{1, 1})},
    {"00011700001000F0", Make({1998, 1, 1, 0, 0}, {}, RecurInterval{30, 0, 0})},
    {"0001128000100008", Make({1980, 1, 1, 0, 0}, {}, RecurInterval{1, 0, 0})},
    {"0001128000192000", Make({1980, 1, 1, 0, 0}, {}, RecurWeekly{Day::kSunday, 1})},
    {"000A470000284400", Make({1998, 4, 10, 0, 0}, {}, RecurMonthlyByDate{1, 1})},
    {"000A4700002BC400", Make({1998, 4, 10, 0, 0}, {}, RecurMonthlyByDate{15, 1})},
    {"15AF8C4000080000", Make({2019, 8, 15, 13, 5}, {}, NonRecurring{})},
    {"1E4F8C4000080001", Make({2019, 8, 15, 18, 7}, {}, NonRecurring{}, true)},
    {"1033BC7B10100010", Make({2019, 11, 19, 1, 4}, {0, 2, 59}, RecurInterval{2, 0, 0})},
    {"02C159C0381A2000", Make({2009, 5, 1, 22, 0}, {0, 7, 0}, RecurWeekly{Day::kMonday, 1})},
    {"DA159CC000280400", Make({2021, 9, 21, 16, 54}, {}, RecurMonthlyByDate{0, 1})},
    {"000120000015A000", Make({1970, 2, 1, 0, 0}, {}, RecurInterval{0, 0, 45})},
    {"0001200000100700", Make({1970, 2, 1, 0, 0}, {}, RecurInterval{0, 7, 0})},
    {"0001200000100038", Make({1970, 2, 1, 0, 0}, {}, RecurInterval{7, 0, 0})},
    {"00012CC008231400", Make({2021, 2, 1, 0, 0}, {0, 1, 0},
                              RecurMonthlyByWeekday{Day::kTuesday, 1, WeekOrder::kSecond})},
    {"00012CC008232400", Make({2021, 2, 1, 0, 0}, {0, 1, 0},
                              RecurMonthlyByWeekday{Day::kTuesday, 2, WeekOrder::kSecond})},
    {"0001200000261200",
     Make({1970, 2, 1, 0, 0}, {}, RecurMonthlyByWeekday{Day::kFriday, 1, WeekOrder::kFirst})},
    {"00012CC008294400", Make({2021, 2, 1, 0, 0}, {0, 1, 0}, RecurMonthlyByDate{5, 1})},
    {"00012CC008194000", Make({2021, 2, 1, 0, 0}, {0, 1, 0}, RecurWeekly{Day::kSunday, 2})},
    {"0001200000880000", Make({1970, 2, 1, 0, 0}, {2, 0, 0}, NonRecurring{})},
    {"00011A8500080000", Make({2012, 1, 1, 0, 0}, {0, 0, 5}, NonRecurring{})},
    {"01CA8C80C0100008", Make({2020, 8, 10, 14, 0}, {0, 24, 0}, RecurInterval{1, 0, 0})},
    {"02811A8040100018", Make({2012, 1, 1, 20, 0}, {0, 8, 0}, RecurInterval{3, 0, 0})},
    {"02811A80401F6000", Make({2012, 1, 1, 20, 0}, {0, 8, 0}, RecurWeekly{Day::kSaturday, 3})},
    {"02811A8040288800", Make({2012, 1, 1, 20, 0}, {0, 8, 0}, RecurMonthlyByDate{2, 2})},
    {"02811A80402FC400", Make({2012, 1, 1, 20, 0}, {0, 8, 0}, RecurMonthlyByDate{31, 1})},
    {"02811A8040280C00", Make({2012, 1, 1, 20, 0}, {0, 8, 0}, RecurMonthlyByDate{0, 3})},
    {"00811A9E08221600", Make({2012, 1, 1, 4, 0}, {0, 1, 30},
                              RecurMonthlyByWeekday{Day::kMonday, 1, WeekOrder::kThird})},
    {"02811A8040241000", Make({2012, 1, 1, 20, 0}, {0, 8, 0},
                              RecurMonthlyByWeekday{Day::kWednesday, 1, WeekOrder::kLast})},
    {"02811A8040241800", Make({2012, 1, 1, 20, 0}, {0, 8, 0},
                              RecurMonthlyByWeekday{Day::kWednesday, 1, WeekOrder::kFourth})},
    {"00211D80083213C0", Make({2024, 1, 1, 1, 0}, {0, 1, 0},
                              RecurMonthlyByWeekdayBase{Day::kMonday, 1, WeekOrder::kFirst, 7})},
    {"0034BE0000080000", Make({2026, 11, 20, 1, 0}, {}, NonRecurring{})},
    {"006D1E00203314C0", Make({2026, 1, 13, 3, 0}, {0, 4, 0},
                              RecurMonthlyByWeekdayBase{Day::kTuesday, 1, WeekOrder::kSecond, 3})},
    {"02C11E0000371140", Make({2026, 1, 1, 22, 0}, {},
                              RecurMonthlyByWeekdayBase{Day::kSaturday, 1, WeekOrder::kLast, 5})},
    {"EEFFCFC000080000", Make({2033, 12, 31, 23, 59}, {}, NonRecurring{})},
    {"0001200000080000", Make({}, {}, NonRecurring{})},
};

TEST(Token, DecodesAndEncodesEveryKnownString) {
  for (const auto& v : kVectors) {
    const auto token = DecodeToken(v.text);
    ASSERT_TRUE(token) << v.text << ": " << token.error().message;
    EXPECT_EQ(*token, v.token) << v.text;
    EXPECT_EQ(EncodeToken(*token), v.text);
    EXPECT_TRUE(Validate(*token)) << v.text;
    EXPECT_EQ(EncodeToken(Clamped(*token, {})), v.text);
  }
}

TEST(Token, ReadsSeveralWithoutSeparator) {
  const std::string text = "791378800008000055147880001B200055177880001E2000";
  const auto tokens = ParseSchedule(text);
  ASSERT_TRUE(tokens) << tokens.error().message;
  ASSERT_EQ(tokens->size(), 3U);
  EXPECT_EQ((*tokens)[0], Make({2004, 7, 19, 8, 30}, {}, NonRecurring{}));
  EXPECT_EQ((*tokens)[1], Make({2004, 7, 20, 8, 21}, {}, RecurWeekly{Day::kTuesday, 1}));
  EXPECT_EQ((*tokens)[2], Make({2004, 7, 23, 8, 21}, {}, RecurWeekly{Day::kFriday, 1}));
  EXPECT_EQ(FormatSchedule(*tokens), text);
  EXPECT_TRUE(ParseSchedule("")->empty());
  EXPECT_EQ(FormatSchedule({}), "");
}

TEST(Token, IgnoresUnusedBitsAndCase) {
  EXPECT_EQ(EncodeToken(*DecodeToken("0001128000080008")), "0001128000080000");
  EXPECT_EQ(EncodeToken(*DecodeToken("00211d80083213c0")), "00211D80083213C0");
}

TEST(Token, KeepsValuesThatRealTokensHold) {
  const auto day = *DecodeToken("01CA8C80C0100008");
  EXPECT_EQ(day.duration.length(), std::chrono::hours(24));
  Token weeks = Make({2026, 1, 1, 0, 0}, {31, 31, 63}, RecurWeekly{Day::kMonday, 7});
  EXPECT_EQ(*DecodeToken(EncodeToken(weeks)), weeks);
  EXPECT_FALSE(Validate(weeks));
}

TEST(Token, RefusesWhatMeansNothing) {
  for (const auto* text :
       {"", "0001200000080", "00012000000800000", "000120000008000G", "0001200000080 00",
        "0001200000000000",     // type 0
        "0001200000380000",     // type 7
        "0000200000080000",     // day 0
        "0001000000080000",     // month 0
        "0001D00000080000",     // month 13
        "001E200000080000",     // 30 February
        "0301200000080000",     // hour 24
        "F001200000080000",     // minute 60
        "0001200000182000",     // weekday 0
        "0001200000190000",     // every 0 weeks
        "0001200000211A00",     // order 5
        "0001200000210000",     // every 0 months by weekday
        "0001200000284000"}) {  // every 0 months by date
    const auto token = DecodeToken(text);
    ASSERT_FALSE(token) << text;
    EXPECT_EQ(token.error().code, Code::kCorrupt);
  }
  EXPECT_FALSE(
      ParseSchedule("0001200000080000"
                    "00"));
  std::string many;
  for (int i = 0; i < 257; ++i) many += "0001200000080000";
  EXPECT_FALSE(ParseSchedule(many));
}

TEST(Token, ValidateNamesThePropertyThatIsOutOfRange) {
  Token token;
  token.start.year = 2034;
  EXPECT_TRUE(Validate(token).error().message.starts_with("StartTime"));
  token = Make({}, {}, RecurMonthlyByDate{32, 1});
  EXPECT_EQ(Validate(token).error().message, "MonthDay: 32 is not between 0 and 31");
  token = Make({}, {}, RecurInterval{1, 1, 0});
  EXPECT_FALSE(Validate(token));
  token = Make({}, {}, RecurInterval{});
  EXPECT_FALSE(Validate(token));
  token = Make({}, {}, RecurMonthlyByWeekdayBase{Day::kMonday, 13, WeekOrder::kFirst, 0});
  EXPECT_FALSE(Validate(token));
}

TEST(Token, ClampsAsTheProviderDoes) {
  const StartTime now{2026, 11, 21, 9, 30};
  Token token = Make({0, 0, 0, 0, 0}, {40, 30, 99}, RecurInterval{0, 40, 70});
  EXPECT_EQ(Clamped(token, now), Make(now, {31, 24, 59}, RecurInterval{0, 23, 0}));
  token = Make({2040, 2, 29, 5, 0}, {}, RecurWeekly{static_cast<Day>(9), 0});
  EXPECT_EQ(Clamped(token, now), Make({2033, 2, 28, 5, 0}, {}, RecurWeekly{Day::kSaturday, 1}));
  token = Make({1900, 1, 1, 0, 0}, {}, RecurMonthlyByDate{40, 99});
  EXPECT_EQ(Clamped(token, now), Make({1970, 1, 1, 0, 0}, {}, RecurMonthlyByDate{31, 12}));
}

TEST(Token, KnowsItsClass) {
  EXPECT_EQ(ClassName(*DecodeToken("00211D80083213C0")), "SMS_ST_RecurMonthlyByWeekdayBase");
  EXPECT_EQ(TypeOf(*DecodeToken("00211D80083213C0")), 6);
  EXPECT_EQ(ClassName(Token()), "SMS_ST_NonRecurring");
}

}  // namespace
}  // namespace ww::schedule
