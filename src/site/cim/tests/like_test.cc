#include "wimwright/cim/like.h"

#include <gtest/gtest.h>

namespace ww::cim {
namespace {

bool Like(std::string_view text, std::string_view pattern) {
  return LikePattern::Compile(pattern)->Matches(text);
}

TEST(Like, FollowsWmisRules) {
  EXPECT_TRUE(Like("Windows 11", "windows%"));
  EXPECT_TRUE(Like("Windows 11", "%11"));
  EXPECT_TRUE(Like("Windows 11", "%dow%"));
  EXPECT_TRUE(Like("Windows 11", "Windows 1_"));
  EXPECT_FALSE(Like("Windows 11", "Windows 11_"));
  EXPECT_FALSE(Like("Windows 11", "Windows"));
  EXPECT_TRUE(Like("", ""));
  EXPECT_TRUE(Like("", "%"));
  EXPECT_FALSE(Like("", "_"));
  EXPECT_FALSE(Like("x", ""));
  EXPECT_TRUE(Like("bat", "[a-c]at"));
  EXPECT_TRUE(Like("BAT", "[a-c]at"));
  EXPECT_TRUE(Like("bat", "[A-C]at"));
  EXPECT_FALSE(Like("dat", "[a-c]at"));
  EXPECT_TRUE(Like("dat", "[^a-c]at"));
  EXPECT_FALSE(Like("Bat", "[^a-c]at"));
  EXPECT_TRUE(Like("cat", "[xyc]at"));
  EXPECT_TRUE(Like("-at", "[a-]at"));
  EXPECT_TRUE(Like("aXbXc", "a%b%c"));
  EXPECT_FALSE(Like("aXbX", "a%b%c"));
  EXPECT_TRUE(Like("aab", "%ab"));
}

TEST(Like, TakesOddPatternsLiterally) {
  EXPECT_TRUE(Like("[abc", "[abc"));
  EXPECT_TRUE(Like("[]", "[]"));
  EXPECT_TRUE(Like("[^]", "[^]"));
  EXPECT_FALSE(Like("b", "[c-a]"));
  EXPECT_TRUE(Like("50% [x] a_b", EscapeLike("50% [X] a_b")));
  EXPECT_FALSE(Like("500 [x] a_b", EscapeLike("50% [X] a_b")));
  EXPECT_TRUE(LikePattern::Compile(EscapeLike("50%_["))->is_literal());
  EXPECT_EQ(LikePattern::Compile(EscapeLike("50%_["))->literal_text(), "50%_[");
}

TEST(Like, CountsCharactersNotBytes) {
  EXPECT_TRUE(Like("\xC3\xA4", "_"));
  EXPECT_TRUE(Like("\xC3\xA4x", "\xC3\x84%"));
  EXPECT_TRUE(Like("\xF0\x9F\x98\x80", "_"));
  EXPECT_TRUE(Like("\xC3\x84", "[\xC3\xA0-\xC3\xBF]"));  // a letter of the other case in a range
  EXPECT_TRUE(Like("\xFF", "_"));                        // not UTF-8: one character each
  EXPECT_FALSE(Like("\xFF", "\xFE"));
}

TEST(Like, ShowsItsTokens) {
  const auto pattern = *LikePattern::Compile("ab%%_[a-c]x");
  ASSERT_EQ(pattern.tokens().size(), 5U);
  EXPECT_EQ(pattern.tokens()[0].literal, "ab");
  EXPECT_EQ(pattern.tokens()[1].kind, LikeToken::Kind::kAnyRun);
  EXPECT_EQ(pattern.tokens()[2].kind, LikeToken::Kind::kAnyChar);
  EXPECT_EQ(pattern.tokens()[3].kind, LikeToken::Kind::kCharClass);
  EXPECT_EQ(pattern.tokens()[4].literal, "x");
  EXPECT_FALSE(pattern.is_literal());
}

TEST(Like, HasNoExponentialCase) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "%a";
  EXPECT_FALSE(Like(std::string(20'000, 'a') + "b", pattern + "%c"));
  EXPECT_FALSE(LikePattern::Compile(std::string(9000, 'x')));
}

}  // namespace
}  // namespace ww::cim
