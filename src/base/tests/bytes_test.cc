#include "wimwright/base/bytes.h"

#include <gtest/gtest.h>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww {
namespace {

TEST(ByteReader, FailedReadLeavesThePosition) {
  const Bytes bytes = ToBytes("abc");
  ByteReader in(bytes);
  ASSERT_TRUE(in.Le<std::uint16_t>());
  EXPECT_FALSE(in.Le<std::uint16_t>());
  EXPECT_EQ(in.position(), 2u);
  EXPECT_FALSE(in.Take(~std::uint64_t{0}));
  EXPECT_TRUE(in.Take(1));
  EXPECT_TRUE(in.at_end());
}

TEST(Slice, RefusesWhatWrapsAround) {
  const Bytes bytes(10);
  EXPECT_TRUE(Slice(bytes, 10, 0));
  EXPECT_FALSE(Slice(bytes, 11, 0));
  EXPECT_FALSE(Slice(bytes, 5, ~std::uint64_t{0} - 2));
}

TEST(Hash, MatchesPublishedVectors) {
  EXPECT_EQ(ToHex(Sha1(AsBytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(ToHex(Sha256(AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(Md5(AsBytes("abc"))), "900150983cd24fb0d6963f7d28e17f72");
  Sha1Hasher hasher;
  hasher.Update(AsBytes("a"));
  hasher.Update(AsBytes("bc"));
  EXPECT_EQ(hasher.Finish(), Sha1(AsBytes("abc")));
  EXPECT_EQ(hasher.Finish(), Sha1({}));
}

}  // namespace
}  // namespace ww
