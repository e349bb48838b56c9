#include "wimwright/base/text.h"

#include <gtest/gtest.h>

namespace ww {
namespace {

TEST(Text, Utf16RoundTripsIncludingUnpairedSurrogates) {
  const std::u16string tricky{u'a', 0xE4, 0x20AC, 0xD83D, 0xDE00, 0xD800, u'b', 0xDC00};
  const auto utf8 = Utf16ToUtf8(tricky);
  const auto back = Utf8ToUtf16(utf8);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, tricky);
}

TEST(Text, RejectsMalformedUtf8) {
  for (const char* bad : {"\xC0\x80", "\xFF", "\xE2\x82", "\xF5\x80\x80\x80", "a\x80"}) {
    EXPECT_FALSE(Utf8ToUtf16(bad)) << bad;
  }
}

TEST(Text, RejectsOddUtf16) { EXPECT_FALSE(Utf16LeToUtf8(AsBytes("abc"))); }

TEST(Text, FoldsCaseAsWindowsNamesNeed) {
  EXPECT_TRUE(EqualNoCase("WinSxS", "WINSXS"));
  EXPECT_TRUE(EqualNoCase("\xC3\xA4rger", "\xC3\x84RGER"));
  EXPECT_FALSE(
      EqualNoCase("stra\xC3\x9F"
                  "e",
                  "strasse"));
}

TEST(Text, HexAndBase64RoundTrip) {
  for (std::string text : {"", "f", "fo", "foo", "foob"}) {
    EXPECT_EQ(FromBase64(ToBase64(AsBytes(text))), ToBytes(text));
    EXPECT_EQ(FromHex(ToHex(AsBytes(text))), ToBytes(text));
  }
  EXPECT_EQ(ToBase64(AsBytes("foob")), "Zm9vYg==");
  EXPECT_FALSE(FromBase64("a"));
  EXPECT_FALSE(FromBase64("Zg==Zg"));
  EXPECT_FALSE(FromHex("0g"));
}

}  // namespace
}  // namespace ww
