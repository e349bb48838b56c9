#include "circles.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace ww::catalog {
namespace {

TEST(Circles, ChainsAndDiamondsStay) {
  Replacements pairs{{3, 2}, {2, 1}, {3, 1}, {4, 2}, {4, 3}};
  EXPECT_EQ(DropCircles(pairs), 0u);
  EXPECT_EQ(pairs.size(), 5u);
  pairs.clear();
  EXPECT_EQ(DropCircles(pairs), 0u);
}

TEST(Circles, OnlyWhatLiesOnACircleGoes) {
  Replacements pairs{{1, 1}, {2, 3}, {3, 4}, {4, 2}, {9, 2}, {4, 7}};
  EXPECT_EQ(DropCircles(pairs), 4u);
  EXPECT_EQ(pairs, (Replacements{{4, 7}, {9, 2}}));
}

TEST(Circles, AChainOfAMillionNeedsNoStack) {
  Replacements pairs;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) pairs.emplace_back(i, i + 1);
  EXPECT_EQ(DropCircles(pairs), 0u);
  pairs.emplace_back(1'000'000, 0);
  EXPECT_EQ(DropCircles(pairs), 1'000'001u);
  EXPECT_TRUE(pairs.empty());
}

// Against the plain definition: a pair lies on a circle when its end leads back to its beginning.
TEST(Circles, AgreesWithTheDefinition) {
  std::mt19937 random(1607);
  for (int round = 0; round < 300; ++round) {
    const auto nodes = static_cast<std::uint32_t>(2 + random() % 9);
    std::set<std::pair<std::uint32_t, std::uint32_t>> all;
    const auto node = [&] { return static_cast<std::uint32_t>(random() % nodes); };
    for (auto i = random() % 20; i > 0; --i) all.insert({node(), node()});
    std::vector<std::set<std::uint32_t>> reach(nodes);
    for (std::uint32_t from = 0; from < nodes; ++from) {
      reach[from].insert(from);
      for (std::size_t before = 0; before != reach[from].size();) {
        before = reach[from].size();
        for (const auto& [a, b] : all) {
          if (reach[from].contains(a)) reach[from].insert(b);
        }
      }
    }
    Replacements expected, pairs(all.begin(), all.end());
    for (const auto& pair : pairs) {
      if (!reach[pair.second].contains(pair.first)) expected.push_back(pair);
    }
    EXPECT_EQ(DropCircles(pairs), all.size() - expected.size());
    EXPECT_EQ(pairs, expected);
  }
}

}  // namespace
}  // namespace ww::catalog
