#include "wimwright/content/transfer_plan.h"

#include "content_testing.h"

namespace ww::content {
namespace {

// The target as the plan makes it, with the bytes of `target` where it fetches.
Bytes Carry(const TransferPlan& plan, ByteView target, const std::vector<Bytes>& sources) {
  Bytes out;
  std::uint64_t fetched = 0, copied = 0;
  for (const auto& step : plan.steps) {
    EXPECT_EQ(step.offset, out.size());
    const bool fetch = step.source == TransferStep::kFetch;
    (fetch ? fetched : copied) += step.length;
    const ByteView from =
        fetch ? target : ByteView(sources.at(static_cast<std::size_t>(step.source)));
    const auto piece = Slice(from, fetch ? step.offset : step.source_offset, step.length);
    EXPECT_TRUE(piece);
    if (piece) Append(out, *piece);
  }
  EXPECT_EQ(fetched, plan.fetch_bytes);
  EXPECT_EQ(copied, plan.copy_bytes);
  return out;
}

TransferPlan Plan(const Bytes& target, const std::vector<Bytes>& sources) {
  std::vector<BlockMap> maps;
  for (const auto& source : sources) maps.push_back(MapOf(source));
  std::vector<const BlockMap*> pointers;
  for (const auto& map : maps) pointers.push_back(&map);
  const auto plan = MakeTransferPlan(MapOf(target), pointers);
  EXPECT_EQ(Carry(plan, target, sources), target);
  return plan;
}

TEST(TransferPlan, FetchesAllInOneRangeWithoutSources) {
  const auto plan = Plan(RandomBytes(1'000'000, 1), {});
  ASSERT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.fetch_bytes, 1'000'000u);
}

TEST(TransferPlan, NeedsNothingForAnEmptyFile) {
  EXPECT_TRUE(Plan({}, {RandomBytes(9, 1)}).steps.empty());
}

TEST(TransferPlan, FetchesTailAndHeaderOfANewVersion) {
  const auto old = RandomBytes(40 * kBlockSize + 1234, 1);
  auto target = old;
  Append(target, RandomBytes(10 * kBlockSize, 2));
  target[44] ^= std::byte{1};
  const auto plan = Plan(target, {old});
  // Header block, what is in between, the block of the old end and all after it.
  EXPECT_EQ(plan.steps.size(), 3u);
  EXPECT_EQ(plan.fetch_bytes, kBlockSize + 1234 + 10 * kBlockSize);
}

TEST(TransferPlan, FindsMovedBlocksAndKeepsThemInOneStep) {
  const auto old = RandomBytes(20 * kBlockSize, 1);
  auto target = RandomBytes(3 * kBlockSize, 2);
  Append(target, old);
  const auto plan = Plan(target, {old});
  EXPECT_EQ(plan.steps.size(), 2u);
  EXPECT_EQ(plan.fetch_bytes, 3 * kBlockSize);
}

TEST(TransferPlan, PrefersEarlierSourcesAndContinuesWhatItBegan) {
  const Bytes zeros(8 * kBlockSize);
  const auto plan = Plan(zeros, {zeros, zeros});
  ASSERT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.steps[0].source, 0);
}

TEST(TransferPlan, NeverReadsBehindTheEndOfASource) {
  // Equal hash of the last, shorter block only where the length is equal, too.
  const auto old = RandomBytes(2 * kBlockSize + 100, 1);
  Plan(RandomBytes(2 * kBlockSize + 200, 1), {old});
  Plan(old, {Bytes(old.begin(), old.begin() + 50), old, {}});
}

TEST(TransferPlan, LeavesWhatIsPresentWhereItIs) {
  const auto old = RandomBytes(10 * kBlockSize, 1);
  auto target = old;
  Append(target, RandomBytes(4 * kBlockSize, 2));
  Bytes part(target.size());  // of a broken attempt: blocks 0 to 4 and 11
  std::copy_n(target.begin(), 5 * kBlockSize, part.begin());
  std::copy_n(target.begin() + 11 * kBlockSize, kBlockSize, part.begin() + 11 * kBlockSize);
  const auto target_map = MapOf(target), old_map = MapOf(old), part_map = MapOf(part);
  const BlockMap* sources[] = {&old_map};
  const auto plan = MakeTransferPlan(target_map, sources, &part_map);
  EXPECT_EQ(plan.present_bytes, 6 * kBlockSize);
  EXPECT_EQ(plan.copy_bytes, 5 * kBlockSize);
  EXPECT_EQ(plan.fetch_bytes, 3 * kBlockSize);
  ASSERT_EQ(plan.steps.size(), 5u);
  EXPECT_EQ(plan.steps[0], (TransferStep{0, 5 * kBlockSize, TransferStep::kPresent, 0}));
  EXPECT_EQ(plan.steps[3], (TransferStep{11 * kBlockSize, kBlockSize, TransferStep::kPresent, 0}));
}

TEST(TransferPlan, CostsAtMostTwoPercentMoreThanTheTail) {
  // 1.7 GB with a tail of 190 MB, as block hashes only.
  BlockMap old{{{}, 1'700'000'123}, {}};
  std::uint64_t next = 1;
  const auto fresh = [&next] {
    BlockHash hash{};
    StoreLe<std::uint64_t>(hash.data(), next++);
    return hash;
  };
  for (std::uint64_t i = 0; i < BlockCount(old.file.bytes); ++i) old.blocks.push_back(fresh());
  BlockMap target = old;
  target.file.bytes += 190'000'000;
  target.blocks.back() = fresh();
  target.blocks.front() = fresh();
  while (target.blocks.size() < BlockCount(target.file.bytes)) target.blocks.push_back(fresh());
  const BlockMap* sources[] = {&old};
  const auto plan = MakeTransferPlan(target, sources);
  const auto wire = plan.fetch_bytes + EncodeBlockMap(target).size();
  EXPECT_LT(static_cast<double>(wire), 1.02 * 190'000'000);
  EXPECT_EQ(plan.steps.size(), 3u);
}

}  // namespace
}  // namespace ww::content
