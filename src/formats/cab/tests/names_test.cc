#include "names.h"

#include <gtest/gtest.h>

namespace ww::cab {
namespace {

TEST(MemberName, KeepsOrdinaryNames) {
  for (const std::string name :
       {"update.mum", "a\\b\\c.dll", "Package_for_KB1~31bf3856ad364e35~x86~~6.1.1.0.cat",
        "_manifest_.cix.xml", "x86_a..b_1_none_0\\null.sys", "console\\auxiliary.dll", "com10.txt",
        "\xC3\xA4\xE2\x82\xAC.txt", "0"}) {
    const auto normal = NormaliseMemberName(name);
    ASSERT_TRUE(normal) << normal.error().message;
    EXPECT_EQ(*normal, name);
  }
}

TEST(MemberName, NormalisesSeparatorsAndDots) {
  EXPECT_EQ(*NormaliseMemberName("a/b/c"), "a\\b\\c");
  EXPECT_EQ(*NormaliseMemberName(".\\a\\.\\b"), "a\\b");
}

TEST(MemberName, RefusesWhatLeavesTheFolderOrAliases) {
  using std::string_literals::operator""s;
  for (const std::string& name : {""s,
                                  "."s,
                                  ".."s,
                                  "..\\a"s,
                                  "a\\..\\..\\b"s,
                                  "a/../b"s,
                                  "\\a"s,
                                  "/a"s,
                                  "\\\\server\\share\\a"s,
                                  "\\\\?\\C:\\a"s,
                                  "\\\\.\\pipe\\a"s,
                                  "C:\\a"s,
                                  "c:a"s,
                                  "a:stream"s,
                                  "a\\\\b"s,
                                  "a\\"s,
                                  "con"s,
                                  "a\\NUL"s,
                                  "nul.txt"s,
                                  "Com1"s,
                                  "LPT9.dll"s,
                                  "com\xC2\xB9"s,
                                  "aux .txt"s,
                                  "CONIN$"s,
                                  "a."s,
                                  "a "s,
                                  "a .\\b"s,
                                  "a?"s,
                                  "*"s,
                                  "a|b"s,
                                  "<"s,
                                  "a\"b"s,
                                  "a\nb"s,
                                  "a\0b"s,
                                  "a\x7F"s,
                                  "\xFF"s,
                                  "\xC3"s}) {
    const auto normal = NormaliseMemberName(name);
    ASSERT_FALSE(normal) << "accepted \"" << name << "\" as " << *normal;
    EXPECT_EQ(normal.error().code, Code::kCorrupt);
  }
}

TEST(MemberName, LimitsLengthAndDepth) {
  EXPECT_TRUE(NormaliseMemberName(std::string(255, 'a')));
  EXPECT_FALSE(NormaliseMemberName(std::string(256, 'a')));
  std::string deep = "a";
  for (int i = 0; i < 31; ++i) deep += "\\a";
  EXPECT_TRUE(NormaliseMemberName(deep));
  EXPECT_FALSE(NormaliseMemberName(deep + "\\a"));
  std::string long_name;
  while (long_name.size() <= 1024) long_name += std::string(200, 'a') + "\\";
  EXPECT_FALSE(NormaliseMemberName(long_name + "a"));
}

}  // namespace
}  // namespace ww::cab
