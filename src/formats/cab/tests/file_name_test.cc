#include "wimwright/cab/file_name.h"

#include <gtest/gtest.h>

namespace ww::cab {
namespace {

TEST(UpdateFileName, ReadsTheUsualForms) {
  const auto plain = ParseUpdateFileName("Windows6.1-KB2780124-x86.msu");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->os, "6.1");
  EXPECT_EQ(plain->kb, "2780124");
  EXPECT_EQ(plain->architecture, "x86");
  EXPECT_EQ(plain->revision, 1U);
  EXPECT_TRUE(plain->sha1.empty());

  const auto full = ParseUpdateFileName(
      "windows8-rt-kb1-v12-X64-express_0123456789ABCDEF0123456789abcdef01234567.cab");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->os, "8-rt");
  EXPECT_EQ(full->architecture, "amd64");
  EXPECT_EQ(full->revision, 12U);
  EXPECT_TRUE(full->express);
  EXPECT_EQ(full->sha1, "0123456789abcdef0123456789abcdef01234567");
}

TEST(UpdateFileName, LeavesOtherNamesAlone) {
  for (const std::string_view name :
       {"", "setup.exe", "Windows.msu", "Windows10.0-KB-x64.msu", "Windows10.0-KB1-mips.msu",
        "Windows10.0-KB1-x64.exe", "Windows10.0-KB1-x64", "Windows10.0-KB1-x64_12.msu",
        "-KB1-x64.msu", "Windows-KB1-x64.msu", "Windows10.0-KB1-v-x64.msu",
        "Windows10.0-KB1-v99999999999-x64.msu",
        "Windows10.0-KB1-x64_g123456789abcdef0123456789abcdef01234567.msu"}) {
    EXPECT_FALSE(ParseUpdateFileName(name)) << name;
  }
}

}  // namespace
}  // namespace ww::cab
