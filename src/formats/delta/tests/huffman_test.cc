#include "huffman.h"

#include <gtest/gtest.h>

#include <numeric>

#include "bit_writer.h"
#include "delta_test_support.h"
#include "encode_parts.h"

namespace ww::delta {
namespace {

using Lengths = std::vector<std::uint8_t>;

TEST(Huffman, LongCodesHaveTheSmallValues) {
  // a: 1, b: 2, c and d: 3 bits. Codes: c 000, d 001, b 01, a 1.
  const Lengths lengths{1, 2, 3, 3};
  const auto decoder = HuffmanDecoder::Make(lengths, CodeRule::kComplete, 8).value();
  BitWriter out;
  out.Code(0b000, 3);
  out.Code(0b001, 3);
  out.Code(0b01, 2);
  out.Code(0b1, 1);
  const Bytes bytes = out.Finish();
  auto in = BitReader::Open(bytes).value();
  EXPECT_EQ(decoder.Decode(in), 2u);
  EXPECT_EQ(decoder.Decode(in), 3u);
  EXPECT_EQ(decoder.Decode(in), 1u);
  EXPECT_EQ(decoder.Decode(in), 0u);
  EXPECT_EQ(in.bits_left(), 0u);
  EXPECT_FALSE(in.failed());
}

TEST(Huffman, FlatCodesAreOneBitApart) {
  const auto count = [](unsigned symbols, unsigned length) {
    const auto lengths = FlatLengths(symbols);
    return std::count(lengths.begin(), lengths.end(), length);
  };
  EXPECT_EQ(count(600, 9), 424);
  EXPECT_EQ(count(600, 10), 176);
  EXPECT_EQ(count(256, 8), 256);
  EXPECT_EQ(count(16, 4), 16);
  EXPECT_EQ(count(252, 7), 4);
  EXPECT_EQ(count(252, 8), 248);
}

TEST(Huffman, CodesLongerThanTheTableDecode) {
  // 1, 2, ..., 15, 16, 16: the most unequal code there is.
  Lengths lengths(17);
  std::iota(lengths.begin(), lengths.end(), std::uint8_t{1});
  lengths[16] = 16;
  const auto codes = AssignCodes(lengths);
  for (const unsigned table_bits : {1u, 4u, 11u, 16u}) {
    const auto decoder = HuffmanDecoder::Make(lengths, CodeRule::kComplete, table_bits).value();
    BitWriter out;
    for (std::size_t s = 0; s < lengths.size(); ++s) out.Code(codes[s], lengths[s]);
    const Bytes bytes = out.Finish();
    auto in = BitReader::Open(bytes).value();
    for (unsigned s = 0; s < lengths.size(); ++s) EXPECT_EQ(decoder.Decode(in), s);
    EXPECT_FALSE(in.failed());
  }
}

TEST(Huffman, RefusesCodesThatAreNotComplete) {
  EXPECT_FALSE(CheckCode(Lengths{1, 1, 1}, CodeRule::kEmptyOrLoneToo));  // over-subscribed
  EXPECT_FALSE(CheckCode(Lengths{1, 2}, CodeRule::kEmptyOrLoneToo));     // a hole
  EXPECT_FALSE(CheckCode(Lengths{2}, CodeRule::kEmptyOrLoneToo));  // alone, but not of length 1
  EXPECT_FALSE(CheckCode(Lengths{17, 1}, CodeRule::kEmptyOrLoneToo));
  EXPECT_FALSE(CheckCode(Lengths{0, 0}, CodeRule::kComplete));
  EXPECT_FALSE(CheckCode(Lengths{1, 0}, CodeRule::kComplete));
}

TEST(Huffman, AnEmptyCodeIsLegalUntilItIsRead) {
  const auto decoder = HuffmanDecoder::Make(Lengths(16, 0), CodeRule::kEmptyOrLoneToo, 8).value();
  const Bytes zeros(4);
  auto in = BitReader::Open(zeros).value();
  decoder.Decode(in);
  EXPECT_TRUE(in.failed());
}

// Genuine patches have length codes of this kind (delta-formats.md 5.2).
TEST(Huffman, ALoneSymbolIsTheZeroBit) {
  Lengths lengths(256, 0);
  lengths[77] = 1;
  const auto decoder = HuffmanDecoder::Make(lengths, CodeRule::kEmptyOrLoneToo, 9).value();
  const Bytes bytes = Hex("10");  // after the pad count: 0, then 1
  auto in = BitReader::Open(bytes).value();
  EXPECT_EQ(decoder.Decode(in), 77u);
  EXPECT_FALSE(in.failed());
  EXPECT_EQ(in.bits_left(), 4u);
  decoder.Decode(in);
  EXPECT_TRUE(in.failed());
}

TEST(Huffman, FailsAtTheEndOfTheStream) {
  const auto decoder = HuffmanDecoder::Flat(256, 8);
  const Bytes bytes = Hex("00");
  auto in = BitReader::Open(bytes).value();
  decoder.Decode(in);
  EXPECT_TRUE(in.failed());
}

TEST(CodeLengths, AreCompleteAndWithinTheMaximum) {
  std::vector<std::uint64_t> fibonacci{1, 1};
  while (fibonacci.size() < 60) fibonacci.push_back(fibonacci.end()[-1] + fibonacci.end()[-2]);
  for (const unsigned max : {8u, 15u, 16u}) {
    const auto lengths = CodeLengths(fibonacci, max);
    EXPECT_TRUE(CheckCode(lengths, CodeRule::kComplete));
    EXPECT_LE(*std::max_element(lengths.begin(), lengths.end()), max);
  }
  EXPECT_EQ(CodeLengths(std::vector<std::uint64_t>{0, 5, 0}, 16), (Lengths{1, 1, 0}));
  EXPECT_EQ(CodeLengths(std::vector<std::uint64_t>{5, 0, 0}, 16), (Lengths{1, 1, 0}));
  EXPECT_EQ(CodeLengths(std::vector<std::uint64_t>{0, 0}, 16), (Lengths{0, 0}));
}

}  // namespace
}  // namespace ww::delta
