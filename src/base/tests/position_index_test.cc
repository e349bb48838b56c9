#include "wimwright/base/position_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wimwright/base/text_store.h"

namespace ww {
namespace {

TEST(PositionIndex, FindsWhatWasAddedAmongEqualHashes) {
  std::vector<int> list;
  PositionIndex index;
  const auto find = [&](int number, std::size_t hash) {
    return index.Find(hash, [&](std::size_t at) { return list[at] == number; });
  };
  EXPECT_FALSE(find(0, 0));
  for (int i = 0; i < 5000; ++i) {
    const auto hash = static_cast<std::size_t>(i % 7);
    if (i % 100 == 0) {
      EXPECT_FALSE(find(i, hash));
    }
    list.push_back(i);
    index.Add(hash, static_cast<std::size_t>(i));
  }
  EXPECT_EQ(index.size(), 5000u);
  for (int i = 0; i < 5000; i += 61) {
    EXPECT_EQ(find(i, static_cast<std::size_t>(i % 7)), static_cast<std::size_t>(i));
    EXPECT_FALSE(find(i, static_cast<std::size_t>(i % 7 + 1)));
  }
}

TEST(PositionIndex, AnEmptyReservedOneFindsNothing) {
  PositionIndex index;
  index.Reserve(1000);
  EXPECT_FALSE(index.Find(5, [](std::size_t) { return true; }));
}

TEST(TextStore, ViewsHoldAlsoWhenItIsMoved) {
  std::vector<std::string> texts;
  std::vector<std::string_view> views;
  TextStore store;
  for (std::size_t i = 0; i < 3000; ++i) {
    texts.emplace_back(i % 400 == 7 ? 20000 + i : i % 90, static_cast<char>('a' + i % 26));
    views.push_back(store.Add(texts.back()));
  }
  auto moved = std::move(store);
  store = TextStore();
  store.Add(std::string_view("something else"));
  moved.Add(AsBytes(std::string_view("more")));
  for (std::size_t i = 0; i < texts.size(); ++i) ASSERT_EQ(views[i], texts[i]) << i;
}

}  // namespace
}  // namespace ww
