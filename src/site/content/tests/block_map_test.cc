#include "wimwright/content/block_map.h"

#include "content_testing.h"

namespace ww::content {
namespace {

Code ParseCode(ByteView bytes) {
  const auto parsed = ParseBlockMap(bytes);
  return parsed ? Code{} : parsed.error().code;
}

TEST(ContentId, HasOneSpelling) {
  const auto id = IdOf(AsBytes("abc"));
  EXPECT_EQ(id.ToText(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ContentId::FromText(id.ToText()), id);
  EXPECT_FALSE(ContentId::FromText("BA" + id.ToText().substr(2)));
  EXPECT_FALSE(ContentId::FromText(id.ToText().substr(1)));
  EXPECT_FALSE(ContentId::FromText(id.ToText() + "0"));
  EXPECT_FALSE(ContentId::FromText("../" + id.ToText().substr(3)));
}

TEST(BlockMap, ComesBackFromItsFileForm) {
  for (const std::size_t size : {0u, 1u, 131071u, 131072u, 131073u, 1000000u}) {
    const auto map = MapOf(RandomBytes(size, 1));
    EXPECT_EQ(map.blocks.size(), BlockCount(size));
    const auto parsed = ParseBlockMap(EncodeBlockMap(map));
    WW_ASSERT_OK(parsed);
    EXPECT_EQ(*parsed, map);
  }
}

TEST(BlockMap, DoesNotDependOnThePiecesItIsMadeFrom) {
  const auto bytes = RandomBytes(700'001, 2);
  const auto whole = MapOf(bytes);
  for (const std::size_t step : {1000u, 131071u, 131072u, 131073u, 400'000u}) {
    BlockHasher hasher;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      hasher.Update(ByteView(bytes).subspan(at, std::min(step, bytes.size() - at)));
    }
    EXPECT_EQ(hasher.Finish(), whole.blocks) << step;
  }
}

TEST(BlockMap, RefusesEveryDamagedByteAndEveryLength) {
  const auto good = EncodeBlockMap(MapOf(RandomBytes(300'000, 3)));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= std::byte{1};
    EXPECT_FALSE(ParseBlockMap(bad)) << i;
    EXPECT_EQ(ParseCode(ByteView(good).first(i)), Code::kCorrupt) << i;
  }
  auto longer = good;
  longer.push_back({});
  EXPECT_EQ(ParseCode(longer), Code::kCorrupt);
}

TEST(BlockMap, AllocatesNothingForSizesItDoesNotHave) {
  auto bytes = EncodeBlockMap(MapOf({}));
  StoreLe<std::uint64_t>(bytes.data() + 16, kMaxMappedSize);
  StoreLe<std::uint64_t>(bytes.data() + 24, BlockCount(kMaxMappedSize));
  EXPECT_EQ(ParseCode(bytes), Code::kCorrupt);
  StoreLe<std::uint64_t>(bytes.data() + 16, kMaxMappedSize + 1);
  EXPECT_EQ(ParseCode(bytes), Code::kLimit);
  StoreLe<std::uint16_t>(bytes.data() + 8, 2);
  EXPECT_EQ(ParseCode(bytes), Code::kUnsupported);
}

}  // namespace
}  // namespace ww::content
