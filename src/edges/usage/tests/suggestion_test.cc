#include "wimwright/usage/suggestion.h"

#include <gtest/gtest.h>

namespace ww::usage {
namespace {

const std::vector<std::string> kOptions{"--update", "--index", "--in-place", "--output", "--json"};

TEST(Suggestion, FindsTheOptionThatWasMeant) {
  EXPECT_EQ(Nearest("--udpate", kOptions), "--update");
  EXPECT_EQ(Nearest("--jsn", kOptions), "--json");
  EXPECT_EQ(Nearest("--inplace", kOptions), "--in-place");
  EXPECT_EQ(Nearest("--indx", kOptions), "--index");
}

TEST(Suggestion, TakesTheBeginningOfAnOption) { EXPECT_EQ(Nearest("--out", kOptions), "--output"); }

TEST(Suggestion, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(Nearest("--frobnicate-all-of-it", kOptions), std::nullopt);
  EXPECT_EQ(Nearest("", kOptions), std::nullopt);
  EXPECT_EQ(Nearest("--json", {}), std::nullopt);
  EXPECT_EQ(Nearest(std::string(100000, 'x'), kOptions), std::nullopt);
}

}  // namespace
}  // namespace ww::usage
