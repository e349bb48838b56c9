#include "terminal_text.h"

#include <gtest/gtest.h>

namespace ww::cli {
namespace {

TEST(ForTerminal, LeavesTextAlone) {
  for (const std::string_view text : {"", "plain\n", "tab\there\r\nnext\n",
                                      "Grüße Ωmega 日本 “quoted” – dash", "\xff\xc2", "\xe2\x80"}) {
    EXPECT_EQ(ForTerminal(text), text);
  }
}

TEST(ForTerminal, ShowsWhatWouldMoveTheCursor) {
  EXPECT_EQ(ForTerminal("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(ForTerminal("proven\rfailed"), "proven\\x0dfailed");
  EXPECT_EQ(ForTerminal("end\r"), "end\\x0d");
  EXPECT_EQ(ForTerminal(std::string_view("\0\b\x7f", 3)), "\\x00\\x08\\x7f");
  EXPECT_EQ(ForTerminal("\u009B2J"), "\\u009b2J");
}

TEST(ForTerminal, ShowsWhatWouldTurnTheDirection) {
  EXPECT_EQ(ForTerminal("a\u202Eb\u2066c\u2069"), "a\\u202eb\\u2066c\\u2069");
  EXPECT_EQ(ForTerminal("\u202F\u2065\u206A"), "\u202F\u2065\u206A");
}

}  // namespace
}  // namespace ww::cli
