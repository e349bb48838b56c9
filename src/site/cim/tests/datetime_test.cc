#include "wimwright/cim/datetime.h"

#include <gtest/gtest.h>

namespace ww::cim {
namespace {

std::string Any(std::string_view text) {
  const auto date = DateTime::ParseAny(text);
  return date ? date->ToDmtf() : "error";
}

TEST(DateTime, ReadsAndWritesDmtf) {
  for (const auto* text :
       {"20261120010000.000000+***", "19700201000000.000000+***", "20261120010000.123456+060",
        "20261120010000.000000-480", "00000003040506.000007:000", "99991231235959.999999+***",
        "00010101000000.000000+000"}) {
    const auto date = DateTime::ParseDmtf(text);
    ASSERT_TRUE(date) << text;
    EXPECT_EQ(date->ToDmtf(), text);
  }
  EXPECT_EQ(DateTime::ParseDmtf("20261120010000.******+***")->ToDmtf(),
            "20261120010000.000000+***");
}

TEST(DateTime, RefusesWhatTheCalendarDoesNotHave) {
  for (const auto* text :
       {"20260230000000.000000+***", "20261320000000.000000+***", "20261120240000.000000+***",
        "20261120006000.000000+***", "00000120000000.000000+***", "2026112001000.0000000+***",
        "20261120010000.000000 ***", "20261120010000.000000+06*", "20261120010000.000000+999",
        "********010000.000000+***", "00000003240506.000007:000", "00000003040506.000007:001", "",
        "x"}) {
    EXPECT_FALSE(DateTime::ParseDmtf(text)) << text;
    EXPECT_FALSE(DateTime::ParseAny(text)) << text;
  }
}

TEST(DateTime, ReadsTheFormsOfWqlAndRest) {
  const std::string expected = "20261120131415.000000+***";
  for (const auto* text : {"2026-11-20 13:14:15", "2026/11/20 13:14:15", "11/20/2026 13:14:15",
                           "20261120 13:14:15", "11/20/2026 1:14:15 PM", "11/20/2026 01:14:15pm",
                           "2026-11-20T13:14:15", " 2026-11-20 13:14:15 ", "11-20-2026 13:14:15"}) {
    EXPECT_EQ(Any(text), expected) << text;
  }
  EXPECT_EQ(Any("2026-11-20"), "20261120000000.000000+***");
  EXPECT_EQ(Any("1/2/2026"), "20260102000000.000000+***");
  EXPECT_EQ(Any("2026-11-20 13:14"), "20261120131400.000000+***");
  EXPECT_EQ(Any("2026-11-20T13:14:15Z"), "20261120131415.000000+000");
  EXPECT_EQ(Any("2026-11-20T13:14:15.5+01:30"), "20261120131415.500000+090");
  EXPECT_EQ(Any("2026-11-20T13:14:15-0800"), "20261120131415.000000-480");
  EXPECT_EQ(Any("12/31/2026 12:00:00 AM"), "20261231000000.000000+***");
  EXPECT_EQ(Any("12/31/2026 12:00:00 PM"), "20261231120000.000000+***");
  for (const auto* text : {"20/11/2026", "2026-11", "2026-11-20x", "11/20/26", "2026-11-20 25:00",
                           "2026-11-20 13", "13:14", "2026-11/20", "11/20/2026 13:14 PM"}) {
    EXPECT_EQ(Any(text), "error") << text;
  }
}

TEST(DateTime, WritesRestTimesAsTheServiceDoes) {
  EXPECT_EQ(DateTime::ParseDmtf("20260131023000.000000+***")->ToIso(), "2026-01-31T02:30:00Z");
  EXPECT_EQ(DateTime::ParseDmtf("20260131023000.000000+060")->ToIso(), "2026-01-31T01:30:00Z");
  EXPECT_EQ(DateTime::ParseIso("2026-01-31T02:30:00Z")->ToIso(), "2026-01-31T02:30:00Z");
  EXPECT_EQ(DateTime::ParseDmtf("20260131023000.250000+***")->ToSql(),
            "2026-01-31 02:30:00.250000");
}

TEST(DateTime, ComparesInstantsOnlyWhenBothAreKnown) {
  const auto known = *DateTime::ParseDmtf("20261120120000.000000+060");
  const auto utc = *DateTime::ParseDmtf("20261120110000.000000+000");
  const auto wall = *DateTime::ParseDmtf("20261120120000.000000+***");
  EXPECT_TRUE(Compare(known, utc) == 0);
  EXPECT_TRUE(Compare(known, wall) == 0);
  EXPECT_TRUE(Compare(utc, wall) < 0);
  EXPECT_FALSE(known == wall);
  EXPECT_EQ(known.ToUtc(), utc.ToUtc());
}

TEST(DateTime, CountsPartsAsSqlServerDoes) {
  const auto a = *DateTime::ParseAny("2026-01-31 23:59:30");
  const auto b = *DateTime::ParseAny("2026-02-01 00:00:10");
  EXPECT_EQ(DateDiff(DatePart::kDay, a, b), 1);
  EXPECT_EQ(DateDiff(DatePart::kMonth, a, b), 1);
  EXPECT_EQ(DateDiff(DatePart::kYear, a, b), 0);
  EXPECT_EQ(DateDiff(DatePart::kHour, a, b), 1);
  EXPECT_EQ(DateDiff(DatePart::kSecond, a, b), 40);
  EXPECT_EQ(DateDiff(DatePart::kWeek, a, b), 1);  // the first is a Saturday
  EXPECT_EQ(DateDiff(DatePart::kDay, b, a), -1);
  EXPECT_EQ(DateAdd(DatePart::kMonth, 1, a)->ToSql(), "2026-02-28 23:59:30");
  EXPECT_EQ(DateAdd(DatePart::kDay, -7, b)->ToSql(), "2026-01-25 00:00:10");
  EXPECT_EQ(DateAdd(DatePart::kYear, 2, *DateTime::ParseAny("2024-02-29"))->ToSql(),
            "2026-02-28 00:00:00");
  EXPECT_FALSE(DateAdd(DatePart::kYear, 9000, a));
  EXPECT_FALSE(DateAdd(DatePart::kSecond, INT64_MAX, a));
  EXPECT_FALSE(DateAdd(DatePart::kMonth, INT64_MIN, a));
  EXPECT_EQ(GetDatePart(DatePart::kWeekday, a), 7);
  EXPECT_EQ(GetDatePart(DatePart::kQuarter, a), 1);
  EXPECT_EQ(GetDatePart(DatePart::kDayOfYear, b), 32);
  EXPECT_EQ(GetDatePart(DatePart::kWeek, *DateTime::ParseAny("2026-01-01")), 1);
  EXPECT_EQ(GetDatePart(DatePart::kWeek, *DateTime::ParseAny("2026-01-04")), 2);
  EXPECT_EQ(ParseDatePart("DD"), DatePart::kDay);
  EXPECT_EQ(ParseDatePart("yyyy"), DatePart::kYear);
  EXPECT_FALSE(ParseDatePart("fortnight"));
}

}  // namespace
}  // namespace ww::cim
