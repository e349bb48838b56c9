#include "wimwright/wim/blob_table.h"

#include <gtest/gtest.h>

namespace ww::wim {
namespace {

Sha1Digest Name(std::uint32_t n) {
  Bytes bytes;
  AppendLe(bytes, n);
  return Sha1(bytes);
}

Blob Sample(std::uint32_t n) {
  Blob blob;
  blob.hash = Name(n);
  blob.where = {208 + n, 1, 1, 0};
  blob.references = n;
  return blob;
}

TEST(WimBlobTable, FindsEveryBlobAndNothingElse) {
  BlobTable table;
  for (std::uint32_t i = 0; i < 5000; ++i) EXPECT_EQ(table.Add(Sample(i)), i);
  auto again = BlobTable::Parse(table.Serialise(), 10000);
  ASSERT_TRUE(again);
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const auto* blob = again->Find(Name(i));
    ASSERT_NE(blob, nullptr);
    EXPECT_EQ(blob->references, i);
    EXPECT_EQ(blob->where.offset, 208 + i);
  }
  EXPECT_EQ(again->Find(Name(5000)), nullptr);
  EXPECT_EQ(again->Serialise(), table.Serialise());
}

TEST(WimBlobTable, KeepsTheFirstOfTwoEqualHashes) {
  BlobTable table;
  auto first = Sample(1);
  auto bytes = [&] {
    BlobTable one;
    one.Add(first);
    auto raw = one.Serialise();
    auto twice = raw;
    Append(twice, raw);
    StoreLe<std::uint32_t>(twice.data() + 50 + 26, 77);
    return twice;
  }();
  const auto parsed = BlobTable::Parse(bytes, 10000);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->size(), 1u);
  EXPECT_EQ(parsed->Find(first.hash)->references, 1u);
}

TEST(WimBlobTable, KeepsMetadataApartInOrder) {
  BlobTable table;
  table.Add(Sample(1));
  for (std::uint32_t i = 10; i < 13; ++i) {
    auto blob = Sample(i);
    blob.where.flags = kResourceMetadata;
    table.AddMetadata(blob);
  }
  const auto parsed = BlobTable::Parse(table.Serialise(), 10000);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->metadata().size(), 3u);
  EXPECT_EQ(parsed->metadata()[2].hash, Name(12));
  EXPECT_EQ(parsed->Find(Name(12)), nullptr);
}

TEST(WimBlobTable, RefusesSolidOutsideAndOddSizes) {
  BlobTable table;
  auto blob = Sample(1);
  blob.where.flags = kResourceSolid | kResourceCompressed;
  table.Add(blob);
  EXPECT_EQ(BlobTable::Parse(table.Serialise(), 10000).error().code, Code::kUnsupported);
  EXPECT_FALSE(BlobTable::Parse(table.Serialise(), 10000).error().next_step.empty());
  BlobTable outside;
  outside.Add(Sample(100));
  EXPECT_TRUE(BlobTable::Parse(outside.Serialise(), 309));
  EXPECT_EQ(BlobTable::Parse(outside.Serialise(), 308).error().code, Code::kCorrupt);
  EXPECT_EQ(BlobTable::Parse(Bytes(49), 1000).error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace ww::wim
