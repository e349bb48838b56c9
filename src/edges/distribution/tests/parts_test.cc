// The small parts: tokens, the forms of the wire, limits, state.
#include <gtest/gtest.h>

#include "distribution_testing.h"
#include "point_state.h"
#include "rate_limit.h"
#include "wire.h"

namespace ww::distribution {
namespace {

using std::chrono::seconds;

TEST(Token, ComesBackAsItWas) {
  const EnrollmentToken token{std::string(64, 'a'), "word-1"};
  const auto parsed = ParseToken(" " + FormatToken(token) + "\n");
  WW_ASSERT_OK(parsed);
  EXPECT_EQ(parsed->authority, token.authority);
  EXPECT_EQ(parsed->word, token.word);
  for (const auto& bad :
       {std::string(), std::string("wwdp1."), "wwdp1." + std::string(64, 'a') + ".",
        "wwdp1." + std::string(64, 'A') + ".w", "wwdp1." + std::string(63, 'a') + ".ww",
        "wwdp1." + std::string(64, 'a') + "." + std::string(257, 'w')}) {
    EXPECT_FALSE(ParseToken(bad)) << bad;
  }
}

TEST(Wire, KnowsPathsThatStayInside) {
  for (const char* good : {"a", "a/b", "a b/c.wim", "..a/b", "\xC3\xA4"}) {
    EXPECT_TRUE(IsPackagePath(good)) << good;
  }
  for (const char* bad : {"", "/", "/a", "a/", "a//b", "..", "a/../b", ".", "a/.", "a\nb"}) {
    EXPECT_FALSE(IsPackagePath(bad)) << bad;
  }
  EXPECT_TRUE(IsPackageId("LAB00001"));
  for (const char* bad : {"", "..", ".a", "a/b", "a b"}) EXPECT_FALSE(IsPackageId(bad)) << bad;
}

Assignments Some() {
  Assignments out;
  out.generation = 7;
  out.bytes_per_second = 8;
  out.access = {true, {"ab"}};
  out.packages.push_back({"LAB00001",
                          "Name",
                          3,
                          4,
                          true,
                          false,
                          1,
                          {{"a/b", {{Sha256(AsBytes("x"))}, 5}}, {"c", {{}, 0}}}});
  out.packages.push_back({"LAB00002", "", 1, 2, false, true, 3, {}});
  return out;
}

TEST(Wire, AssignmentsComeBackAsTheyWere) {
  const auto parsed = ParseAssignments(ToJson(Some()));
  WW_ASSERT_OK(parsed);
  EXPECT_EQ(parsed->packages, Some().packages);
  EXPECT_EQ(parsed->access, Some().access);
  EXPECT_EQ(parsed->generation, 7u);
  EXPECT_EQ(parsed->bytes_per_second, 8u);
}

TEST(Wire, RefusesWhatCouldClimbOrComesTwice) {
  auto climbs = Some();
  climbs.packages[0].files[0].path = "../x";
  EXPECT_FALSE(ParseAssignments(ToJson(climbs)));
  auto twice = Some();
  twice.packages[0].files[1].path = twice.packages[0].files[0].path;
  EXPECT_FALSE(ParseAssignments(ToJson(twice)));
  auto same = Some();
  same.packages.push_back(same.packages[0]);
  EXPECT_FALSE(ParseAssignments(ToJson(same)));
  EXPECT_FALSE(ParseAssignments(std::string(100'000, '[')));
  EXPECT_FALSE(ParseAssignments(R"({"generation":-1})"));
}

TEST(Wire, ReportsComeBackAsTheyWereAndAreAlwaysText) {
  std::vector<PointReport> reports{{"LAB00001",
                                    1,
                                    2,
                                    PointReport::Kind::kFailed,
                                    3,
                                    4,
                                    5,
                                    "WW_E_IO",
                                    "why",
                                    {{Sha256(AsBytes("x"))}}}};
  EXPECT_EQ(*ParseReports(ToJson(reports)), reports);
  reports[0].problem = "file \xFF";
  WW_ASSERT_OK(ParseReports(ToJson(reports)));
}

TEST(Rate, IsKeptOnAverageAndAllowsABurst) {
  TokenBucket bucket;
  const auto begin = TokenBucket::Time() + seconds(1000);
  EXPECT_EQ(bucket.Take(1 << 30, begin).count(), 0);
  bucket.SetRate(1000);
  EXPECT_EQ(bucket.Take(250, begin + seconds(10)).count(), 0);
  EXPECT_EQ(bucket.Take(1000, begin + seconds(10)), seconds(1));
  EXPECT_EQ(bucket.Take(1000, begin + seconds(11)), seconds(1));
}

TEST(Rate, FollowsTheHours) {
  const std::vector<RateHours> hours{{8, 18, 100}, {22, 6, 300}};
  EXPECT_EQ(RateAt(hours, 8, 5), 100u);
  EXPECT_EQ(RateAt(hours, 18, 5), 5u);
  EXPECT_EQ(RateAt(hours, 23, 5), 300u);
  EXPECT_EQ(RateAt(hours, 5, 5), 300u);
  EXPECT_EQ(RateAt(hours, 6, 5), 5u);
  EXPECT_EQ(Stricter(0, 7), 7u);
  EXPECT_EQ(Stricter(9, 7), 7u);
}

class StateTest : public testing::Test {
 protected:
  TestFolder folder_;
  FixedClock clock_{TimePoint(std::chrono::hours(500'000))};
  PointState state_{folder_ / "state.json", clock_};
};

TEST_F(StateTest, OutlivesItsProcess) {
  auto some = Some();
  WW_ASSERT_OK(state_.Apply(some));
  const auto claimed = state_.Claim();
  ASSERT_TRUE(claimed);
  EXPECT_FALSE(state_.Claim());  // the other one is a removal
  WW_ASSERT_OK(state_.Finish({"LAB00001", 3}, 4, {}, {}, 99, {}));
  PointState again(folder_ / "state.json", clock_);
  WW_ASSERT_OK(again.Load());
  EXPECT_TRUE(again.FindFile("LAB00001", std::nullopt, "a/b"));
  EXPECT_FALSE(again.Claim());
  EXPECT_EQ(again.access(), some.access);
  EXPECT_EQ(again.generation(), std::nullopt);
  some.packages[0].request = 5;  // looked at again
  WW_ASSERT_OK(again.Apply(some));
  EXPECT_EQ(again.Claim()->bytes_sent, 99u);
}

TEST_F(StateTest, ADamagedFileIsSaidToBe) {
  WriteWhole(folder_ / "state.json", AsBytes("{}\n[]"));
  EXPECT_EQ(state_.Load().error().code, Code::kCorrupt);
}

TEST_F(StateTest, RetriesLaterAndGivesUpInTheEyesOfTheSite) {
  WW_ASSERT_OK(state_.Apply(Some()));
  static_cast<void>(state_.TakeReports());
  for (int i = 1; i <= 10; ++i) {
    ASSERT_TRUE(state_.Claim()) << i;
    WW_ASSERT_OK(state_.Finish({"LAB00001", 3}, 4, Fail(Code::kIo, "away"), seconds(5), 0, {}));
    EXPECT_FALSE(state_.Claim());
    const auto reports = state_.TakeReports();
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].kind, i < 10 ? PointReport::Kind::kRetrying : PointReport::Kind::kFailed);
    clock_.Set(*state_.NextDue());
  }
  EXPECT_TRUE(state_.Claim());
}

TEST_F(StateTest, KeepsRetiredVersionsForTheirGrace) {
  auto some = Some();
  WW_ASSERT_OK(state_.Apply(some));
  static_cast<void>(state_.Claim());
  WW_ASSERT_OK(state_.Finish({"LAB00001", 3}, 4, {}, {}, 0, {}));
  WW_ASSERT_OK(state_.Apply({}));
  EXPECT_EQ(*state_.RemoveRetired(seconds(60)), 0u);
  EXPECT_TRUE(state_.Find("LAB00001", 3));
  clock_.Set(clock_.Now() + seconds(61));
  EXPECT_EQ(*state_.RemoveRetired(seconds(60)), 1u);
  EXPECT_FALSE(state_.Find("LAB00001", 3));
  EXPECT_TRUE(state_.Live().empty());
}

}  // namespace
}  // namespace ww::distribution
