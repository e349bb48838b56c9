// The small parts below a hive: names, Marvin32, the paged file, cells.
#include <algorithm>
#include <random>

#include "cells.h"
#include "hive_testing.h"
#include "marvin32.h"
#include "names.h"
#include "paged_file.h"
#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

using testing::Get;
using testing::Ok;

TEST(Marvin32, MatchesPublishedVectors) {
  // The vectors of the .NET runtime's own tests.
  constexpr std::uint64_t kSeed = 0x004fb61a001bdbcc;
  const auto hash = [](std::initializer_list<int> bytes) {
    Bytes raw;
    for (const int b : bytes) raw.push_back(static_cast<std::byte>(b));
    return Marvin32(kSeed, raw);
  };
  EXPECT_EQ(hash({}), 0x30ed35c100cd3c7du);
  EXPECT_EQ(hash({0xAF}), 0x48e73fc77d75ddc1u);
  EXPECT_EQ(hash({0xE7, 0x0F}), 0xb5f6e1fc485dbff8u);
  EXPECT_EQ(hash({0x37, 0xF4, 0x95}), 0xf0b07c789b8cf7e8u);
  EXPECT_EQ(hash({0x86, 0x42, 0xDC, 0x59}), 0x7008f2e87e9cf556u);
}

TEST(Names, AreCompressedWheneverEveryCharacterFitsOneByte) {
  EXPECT_TRUE(Compressible(u"abc\u00FF"));
  EXPECT_FALSE(Compressible(u"abc\u0100"));
  EXPECT_FALSE(Compressible(u""));
  const Bytes raw = Encode(u"a\u00E9", true);
  EXPECT_EQ(raw.size(), 2u);
  EXPECT_EQ(DecodeUtf8({raw, true}), "a\xC3\xA9");
}

TEST(Names, CompareByUpperCaseUnits) {
  const auto compare = [](std::u16string_view a, std::u16string_view b) {
    const Bytes raw = Encode(a, Compressible(a));
    return Compare({raw, Compressible(a)}, FoldCase(b));
  };
  EXPECT_EQ(compare(u"Microsoft", u"MICROSOFT"), 0);
  EXPECT_LT(compare(u"a", u"ab"), 0);
  EXPECT_GT(compare(u"_", u"z"), 0);  // 0x5F lies behind the capitals
  EXPECT_EQ(compare(u"\u00E4\u0436", u"\u00C4\u0416"), 0);
  EXPECT_LT(compare(u"z", u"\u00E4"), 0);
}

TEST(Names, HashAndHintFollowTheFormat) {
  EXPECT_EQ(HashOf(u"AB"), 65u * 37 + 66);
  const Bytes raw = Encode(u"ab", true);
  EXPECT_EQ(HintOf({raw, true}), 0x6261u);
  EXPECT_TRUE(HintMayMatch(0x6261, u"AB"));
  EXPECT_FALSE(HintMayMatch(0x6261, u"ABC"));
  const Bytes wide = Encode(u"a\u0436", false);
  EXPECT_EQ(HintOf({wide, false}), 0u);
}

TEST(PagedFile, KeepsChangesWhileCleanPagesComeAndGo) {
  Bytes original(20 * kPageSize + 100);
  std::mt19937 random(1);
  for (auto& b : original) b = static_cast<std::byte>(random());
  Bytes expected = original;
  PagedFile file(MemoryStorage(original), 4 * kPageSize);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t size = random() % 70000;
    const std::size_t at = random() % (expected.size() - size);
    if (i % 10 == 0) {
      const Bytes change(std::min<std::size_t>(size, 50), static_cast<std::byte>(i));
      Ok(file.Write(at, change));
      std::ranges::copy(change, expected.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      Bytes part(size);
      Ok(file.Read(at, part));
      ASSERT_TRUE(
          std::equal(part.begin(), part.end(), expected.begin() + static_cast<std::ptrdiff_t>(at)));
    }
  }
  std::vector<std::uint32_t> differing;
  for (std::uint32_t page = 0; page < 21; ++page) {
    const std::size_t start = std::size_t{page} * kPageSize;
    const auto length =
        static_cast<std::ptrdiff_t>(std::min<std::size_t>(kPageSize, expected.size() - start));
    const auto from = static_cast<std::ptrdiff_t>(start);
    if (!std::equal(expected.begin() + from, expected.begin() + from + length,
                    original.begin() + from)) {
      differing.push_back(page);
    }
  }
  EXPECT_EQ(file.DirtyPages(), differing);
}

TEST(PagedFile, GrowsWithZerosThatCountAsChanged) {
  PagedFile file(MemoryStorage(Bytes(100, std::byte{7})), 0);
  file.Grow(3 * kPageSize);
  Bytes all(3 * kPageSize);
  Ok(file.Read(0, all));
  EXPECT_EQ(all[99], std::byte{7});
  EXPECT_EQ(all[100], std::byte{0});
  EXPECT_EQ(file.DirtyPages(), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_FALSE(file.Read(3 * kPageSize - 1, MutableByteView(all).first(2)));
}

TEST(Cells, ReuseWhatWasFreedAndMergeNeighbours) {
  auto hive = testing::NewHive();
  const auto bytes = Get(hive.ToBytes());
  PagedFile file(MemoryStorage(bytes), 0);
  Cells cells(file, static_cast<std::uint32_t>(bytes.size()) - 4096);
  std::vector<std::uint32_t> offsets;
  for (int i = 0; i < 30; ++i) offsets.push_back(Get(cells.Allocate(100)).offset);
  const auto bins = cells.bins_size();
  for (const int i : {3, 5, 4, 7, 6}) Ok(cells.Free(offsets[static_cast<std::size_t>(i)]));
  EXPECT_FALSE(cells.Open(offsets[4]));
  EXPECT_FALSE(cells.Free(offsets[4])) << "freed twice";
  // Five cells of 104 bytes are one free cell now.
  EXPECT_EQ(Get(cells.Allocate(5 * 104 - 4)).offset, offsets[3]);
  EXPECT_EQ(cells.bins_size(), bins);
  EXPECT_FALSE(cells.Open(offsets[0] + 4));
  EXPECT_FALSE(cells.Open(bins));
}

}  // namespace
}  // namespace ww::hive
