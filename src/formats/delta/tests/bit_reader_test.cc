#include "bit_reader.h"

#include <gtest/gtest.h>

#include "bit_writer.h"
#include "delta_test_support.h"

namespace ww::delta {
namespace {

TEST(BitReader, TakesTheLowestBitsFirstAfterThePadCount) {
  const Bytes bytes = Hex("e8c1");  // pad 0, then 1 1 1 0 1 ...,
  auto in = BitReader::Open(bytes).value();
  EXPECT_EQ(in.bits_left(), 13u);
  EXPECT_EQ(in.Bits(5), 0x1Du);
  EXPECT_EQ(in.Bits(8), 0xC1u);
  EXPECT_EQ(in.bits_left(), 0u);
  EXPECT_FALSE(in.failed());
}

TEST(BitReader, PadBitsAreNotContent) {
  const Bytes bytes = Hex("05ff");  // pad 5
  auto in = BitReader::Open(bytes).value();
  EXPECT_EQ(in.bits_left(), 8u);
}

TEST(BitReader, RefusesStreamsWithoutRoomForThePadCount) {
  EXPECT_FALSE(BitReader::Open({}));
  EXPECT_FALSE(BitReader::Open(Hex("06")));  // 8 - 6 = 2 bits
  EXPECT_TRUE(BitReader::Open(Hex("05")));
}

TEST(BitReader, FailureIsStickyAndYieldsZero) {
  const Bytes bytes = Hex("f8");
  auto in = BitReader::Open(bytes).value();
  EXPECT_EQ(in.Bits(6), 0u);
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.Bits(1), 0u);
  EXPECT_EQ(in.Number(), 0);
  EXPECT_EQ(in.Check("x").error().code, Code::kCorrupt);
}

TEST(BitReader, ReadsBackNumbersOfEverySize) {
  const std::int64_t values[] = {0,  1,         15,           16,        0x20000,  0x7FFFFFFF,
                                 -1, 1ll << 60, -(1ll << 62), INT64_MAX, INT64_MIN};
  BitWriter out;
  for (const auto v : values) out.Number(v);
  const Bytes bytes = out.Finish();
  auto in = BitReader::Open(bytes).value();
  for (const auto v : values) EXPECT_EQ(in.Number(), v);
  EXPECT_FALSE(in.failed());
  EXPECT_EQ(in.bits_left(), 0u);
}

TEST(BitReader, RefusesSixteenZerosInANumber) {
  const Bytes zeros(32);
  auto in = BitReader::Open(zeros).value();
  in.Number();
  EXPECT_TRUE(in.failed());
}

TEST(BitReader, CountsMayNotBeNegative) {
  BitWriter out;
  out.Number(-1);
  const Bytes bytes = out.Finish();
  auto in = BitReader::Open(bytes).value();
  EXPECT_EQ(in.Count(), 0u);
  EXPECT_TRUE(in.failed());
}

TEST(BitReader, BuffersStartAtByteBordersAndStayInside) {
  BitWriter out;
  out.Bits(1, 2);
  out.Buffer(AsBytes("abc"));
  out.Bits(5, 3);
  const Bytes bytes = out.Finish();
  auto in = BitReader::Open(bytes).value();
  in.Bits(2);
  EXPECT_EQ(AsText(in.Buffer()), "abc");
  EXPECT_EQ(in.Bits(3), 5u);
  EXPECT_EQ(in.bits_left(), 0u);

  for (std::int64_t size : {std::int64_t{4}, std::int64_t{1} << 40, std::int64_t{-1}, INT64_MAX}) {
    BitWriter liar;
    liar.Number(size);
    liar.Bits(0, 24);
    const Bytes lie = liar.Finish();
    auto from = BitReader::Open(lie).value();
    EXPECT_TRUE(from.Buffer().empty());
    EXPECT_TRUE(from.failed()) << size;
  }
}

}  // namespace
}  // namespace ww::delta
