// Patches symbol by symbol: every slot, every kind of length, and everything that must be refused.
#include <gtest/gtest.h>

#include "delta_test_support.h"
#include "pseudolzx.h"
#include "stream_builder.h"

namespace ww::delta {
namespace {

std::string Decode(std::string_view source, const Bytes& patch, std::uint64_t size,
                   const RiftTable& rift = {}) {
  const auto result = DecodePatch(AsBytes(source), patch, size, rift, Limits{});
  if (!result) return "error: " + result.error().message;
  EXPECT_EQ(result->bits_left, 0u);
  return std::string(AsText(result->target));
}
bool Refused(std::string_view source, const Bytes& patch, std::uint64_t size) {
  const auto result = DecodePatch(AsBytes(source), patch, size, {}, Limits{});
  return !result && result.error().code == Code::kCorrupt;
}

TEST(Patch, CopiesFromTheSamePlaceOfTheSource) {
  const Bytes patch = PatchBuilder().Literals("XY").Copy(kSlotMapped, 4).Finish();
  EXPECT_EQ(Decode("abcdef", patch, 6), "XYcdef");
}

TEST(Patch, NearSlotsAreDisplacementsFromTheMappedPlace) {
  // The distance is value - offset = value + source size: value 2 means two bytes before.
  std::string source(0x40000, '.');
  source[4] = 'A';
  source[5] = 'B';
  const auto at = [&](unsigned slot, std::uint64_t bits, unsigned count, std::size_t from) {
    // Stand at 0x30000 of the target and copy two bytes from `from` of the source.
    std::string marked = source;
    marked[from] = 'A';
    marked[from + 1] = 'B';
    PatchBuilder builder;
    builder.Copy(kSlotMapped, 0).LengthSymbol(0).Bits(1u << 9, 10).Bits(0x30000 - 8, 17);
    builder.Copy(slot, 2).Bits(bits, count);
    const std::string target = Decode(marked, builder.Finish(), 0x30002);
    return target.size() == 0x30002 && target.substr(0x30000) == "AB";
  };
  EXPECT_TRUE(at(0, 0x2000 + 2, 14, 0x30000 - 2));    // +2
  EXPECT_TRUE(at(0, 0, 14, 0x30000 + 0x2000));        // -0x2000
  EXPECT_TRUE(at(1, 0x8000, 16, 0x30000 - 0x2000));   // 0 -> +0x2000
  EXPECT_TRUE(at(1, 0x7FFF, 16, 0x30000 + 0x2001));   // -1 -> -0x2001
  EXPECT_TRUE(at(2, 0x20000, 18, 0x30000 - 0xA000));  // 0 -> +0xA000
  EXPECT_TRUE(at(2, 0x1FFFF, 18, 0x30000 + 0xA001));  // -1 -> -0xA001
}

TEST(Patch, FarDistancesByExponent) {
  // exponent 1, 2, 3: distance 1, 2, 3
  EXPECT_EQ(Decode("", PatchBuilder().Literals("abc").Copy(8, 4).Finish(), 7), "abccccc");
  EXPECT_EQ(Decode("", PatchBuilder().Literals("abc").Copy(9, 4).Finish(), 7), "abcbcbc");
  EXPECT_EQ(Decode("", PatchBuilder().Literals("abc").Copy(10, 4).Finish(), 7), "abcabca");
  // exponent 5: top 3, one bit: distance 6 or 7
  EXPECT_EQ(Decode("", PatchBuilder().Literals("abcdefg").Copy(12, 2).Bits(1, 1).Finish(), 9),
            "abcdefgab");
  // exponent 10: top 2, four bits, all of them in the aligned symbol: distance 32 + 5
  const std::string text = "0123456789abcdefghijklmnopqrstuvwxyzA";
  EXPECT_EQ(Decode("", PatchBuilder().Literals(text).Copy(17, 3).Aligned(5).Finish(), 40),
            text + "012");
  // exponent 13: top 3, five bits: one plain, four aligned: distance 96 + 16 + 2 = 114
  std::string source(200, '-');
  source[150] = 'Q';
  EXPECT_EQ(
      Decode(
          source,
          PatchBuilder().Literals(std::string(64, 'x')).Copy(20, 2).Bits(1, 1).Aligned(2).Finish(),
          66),
      std::string(64, 'x') + "Q-");
}

TEST(Patch, EscapedExponentsReachFarBack) {
  // Exponent 36 (distance from 2^18 on) needs a source of that size.
  std::string source(600000, '.');
  const auto target_for = [&](unsigned exponent_bits, unsigned count, std::uint64_t distance) {
    std::string marked = source;
    marked[source.size() - distance] = 'Z';
    const auto width = static_cast<unsigned>(std::bit_width(distance));
    PatchBuilder b;
    b.Copy(kSlotEscape, 2).Bits(exponent_bits, count);
    b.Bits(distance >> 4, width - 2 - 4).Aligned(distance & 15);
    return Decode(marked, b.Finish(), 2);
  };
  EXPECT_EQ(target_for(0b000, 3, 0x40000 + 0x1234), "Z.");  // "0" + 00: 36
  EXPECT_EQ(target_for(0b100, 3, 0x80000 + 0x1234), "Z.");  // "0" + 10 (low bit first): 38
  // 40 and beyond point before this source: syntax read, then refused.
  EXPECT_TRUE(Refused(
      source, PatchBuilder().Copy(7, 2).Bits(0b00001, 5).Bits(0, 15).Aligned(0).Finish(), 2));
  EXPECT_TRUE(Refused(
      source, PatchBuilder().Copy(7, 2).Bits(0b111111, 6).Bits(0, 26).Aligned(0).Finish(), 2));
}

TEST(Patch, RecentDistancesAreKeptInOrder) {
  // Distances 1, 2, 3 make the list 3, 2, 1. Slot 6 takes 1 and the list becomes 1, 3, 2.
  const Bytes patch = PatchBuilder()
                          .Literals("abcdef")
                          .Copy(8, 2)   // ff
                          .Copy(9, 2)   // ff
                          .Copy(10, 2)  // distance 3
                          .Copy(6, 2)   // 1
                          .Literals("XYZ")
                          .Copy(5, 2)  // 3: XY
                          .Finish();
  EXPECT_EQ(Decode("", patch, 19), "abcdefffffffffXYZXY");
}

TEST(Patch, ARepeatedDistanceDoesNotShiftTheList) {
  const Bytes patch = PatchBuilder()
                          .Literals("abcd")
                          .Copy(8, 2)   // 1
                          .Copy(10, 2)  // 3; list 3, 1, 0
                          .Copy(4, 2)   // 3 again: unchanged
                          .Literals("PQR")
                          .Copy(5, 2)  // 1
                          .Finish();
  EXPECT_EQ(Decode("", patch, 15), "abcdddddddPQRRR");
}

TEST(Patch, LongLengths) {
  EXPECT_EQ(Decode("", PatchBuilder().Literals("a").Copy(8, 0).LengthSymbol(1).Finish(), 10),
            std::string(10, 'a'));
  EXPECT_EQ(Decode("", PatchBuilder().Literals("a").Copy(8, 0).LengthSymbol(255).Finish(), 264),
            std::string(264, 'a'));
  // big: no zero bit, 8 bits: 256 + 7, plus 8
  EXPECT_EQ(
      Decode("",
             PatchBuilder().Literals("a").Copy(8, 0).LengthSymbol(0).Bits(1, 1).Bits(7, 8).Finish(),
             272),
      std::string(272, 'a'));
  // two zero bits: 10 bits
  EXPECT_EQ(
      Decode(
          "",
          PatchBuilder().Literals("ab").Copy(9, 0).LengthSymbol(0).Bits(4, 3).Bits(0, 10).Finish(),
          1034)
          .size(),
      1034u);
  // 24 zero bits are one too many
  EXPECT_TRUE(Refused("",
                      PatchBuilder()
                          .Literals("a")
                          .Copy(8, 0)
                          .LengthSymbol(0)
                          .Bits(1 << 24, 25)
                          .Bits(0, 32)
                          .Finish(),
                      1 << 20));
}

TEST(Patch, ACopyMayRunFromTheSourceIntoTheTarget) {
  // Standing at 2 of the target, 4 back: "fg" of the source, then "XY" of the target, repeated.
  const Bytes patch = PatchBuilder().Literals("XY").Copy(11, 7).Bits(0, 1).Finish();
  EXPECT_EQ(Decode("abcdefg", patch, 9), "XYfgXYfgX");
}

TEST(Patch, MappedCopiesJumpAtRiftEntries) {
  // Target 0..3 lies at 0, from 3 on at 6 of the source.
  const RiftTable rift(std::vector<RiftEntry>{{0, 0}, {3, 6}});
  EXPECT_EQ(Decode("abcdefghij", PatchBuilder().Copy(3, 6).Finish(), 6, rift), "abcghi");
  // The remembered distance is the one of its first byte, and does not jump.
  EXPECT_EQ(Decode("abcdefghij", PatchBuilder().Copy(3, 2).Copy(4, 3).Finish(), 5, rift), "abcde");
}

TEST(Patch, ThePatchMayBringARiftOfItsOwn) {
  // In combined coordinates: target place 2 (10 + 2) lies at 7 of the source.
  EXPECT_EQ(Decode("abcdefghij", PatchBuilder({{12, 7}}).Copy(3, 5).Finish(), 5), "abhij");
}

TEST(Patch, RefusesCopiesFromOutside) {
  EXPECT_TRUE(Refused("", PatchBuilder().Copy(3, 2).Finish(), 2));  // no source: distance 0
  EXPECT_TRUE(Refused("", PatchBuilder().Literals("a").Copy(9, 2).Finish(), 3));
  EXPECT_TRUE(Refused("abc", PatchBuilder().Copy(4, 2).Finish(), 2));  // recent distance 0
  EXPECT_TRUE(Refused("abc", PatchBuilder().Literals("x").Copy(0, 2).Bits(0, 14).Finish(), 3));
}

TEST(Patch, RefusesCopiesBeyondTheTarget) {
  EXPECT_TRUE(Refused("abcdef", PatchBuilder().Copy(3, 4).Finish(), 3));
  EXPECT_TRUE(Refused("",
                      PatchBuilder()
                          .Literals("a")
                          .Copy(8, 0)
                          .LengthSymbol(0)
                          .Bits(1u << 23, 24)
                          .Bits(~0u, 31)
                          .Finish(),
                      100));
}

TEST(Patch, RefusesToEndEarly) {
  EXPECT_TRUE(Refused("", PatchBuilder().Literals("ab").Finish(), 3));
  EXPECT_TRUE(Refused("", Bytes{}, 0));
}

TEST(Patch, LeftoverBitsAreCounted) {
  const auto result = DecodePatch({}, PatchBuilder().Literals("ab").Finish(), 1, {}, Limits{});
  ASSERT_TRUE(result);
  EXPECT_GT(result->bits_left, 0u);
}

// Writes explicit code lengths with a pre-tree in which every symbol has five or six bits.
class SegmentWriter {
 public:
  explicit SegmentWriter(const std::vector<std::int64_t>& starts)
      : lengths_(FlatLengths(kPreTreeSymbols)), codes_(AssignCodes(lengths_)) {
    out.Bits(0, 2);
    out.Number(static_cast<std::int64_t>(starts.size()));
    std::int64_t last = 0;
    for (const auto s : starts) {
      out.Number(s - last);
      last = s;
    }
    for (const auto l : lengths_) out.Bits(l, kPreTreeLengthBits);
  }
  SegmentWriter& Symbol(unsigned symbol, unsigned extra = 0, unsigned bits = 0) {
    out.Code(codes_[symbol], lengths_[symbol]);
    out.Bits(extra, bits);
    return *this;
  }
  // A run of 64 to 127 is class 7, of 32 to 63 class 6, ..., of 4 to 7 class 3.
  SegmentWriter& Run(unsigned base, unsigned length) {
    while (length > 0) {
      const unsigned part = std::min(length, 127u);
      const auto bits = part < 4 ? 0 : static_cast<unsigned>(std::bit_width(part)) - 1;
      Symbol(base + (part < 4 ? part - 1 : bits + 1), part & ((1u << bits) - 1), bits);
      length -= part;
    }
    return *this;
  }
  BitWriter out;

 private:
  std::vector<std::uint8_t> lengths_;
  std::vector<std::uint32_t> codes_;
};

TEST(PatchCodes, SegmentsTakeTurnsAndBuildOnEachOther) {
  // First: 'a' and 'b' have one bit each. Then: 'a' absent again by -1, 'b' as it was by +0 ...
  // told as 2 bits by +1, 'c' and 'd' literally: b 2, c 2, d 1.
  SegmentWriter w({3, 6});
  w.Symbol(0)
      .Run(kPreTreeFill, 96)
      .Symbol(1)
      .Symbol(1)
      .Symbol(0)
      .Run(kPreTreeFill, kAllSymbols - 100);
  w.Symbol(0).Run(kPreTreeCopy, 96).Symbol(kPreTreeDown).Symbol(kPreTreeUp).Symbol(2).Symbol(1);
  w.Run(kPreTreeCopy, kAllSymbols - 101);
  // a = 0, b = 1 (ascending symbols take ascending codes of equal length)
  w.out.Bits(0b010, 3);  // a b a
  w.out.Code(0b1, 1);    // d
  w.out.Code(0b00, 2);   // b
  w.out.Code(0b01, 2);   // c
  EXPECT_EQ(Decode("xyz", w.out.Finish(), 6), "abadbc");
}

TEST(PatchCodes, OfSegmentsAtOnePlaceTheLastCounts) {
  SegmentWriter w({0, 0});
  w.Symbol(1).Symbol(1).Symbol(0).Run(kPreTreeFill, kAllSymbols - 3);
  w.Symbol(0)
      .Run(kPreTreeFill, 64)
      .Symbol(1)
      .Symbol(1)
      .Symbol(0)
      .Run(kPreTreeFill, kAllSymbols - 68);
  w.out.Bits(0b10, 2);
  EXPECT_EQ(Decode("", w.out.Finish(), 2), "AB");
}

TEST(PatchCodes, RefusesMalformedLengths) {
  const auto refused = [](auto fill) {
    SegmentWriter w({0});
    fill(w);
    w.out.Bits(0, 64);
    return Refused("", w.out.Finish(), 2);
  };
  EXPECT_TRUE(refused([](auto& w) { w.Run(kPreTreeFill, 4); }));  // nothing before
  EXPECT_TRUE(
      refused([](auto& w) { w.Symbol(0).Run(kPreTreeFill, kAllSymbols); }));  // one too many
  EXPECT_TRUE(refused([](auto& w) { w.Symbol(kPreTreeDown); }));              // -1
  EXPECT_TRUE(refused([](auto& w) {  // over-subscribed main code
    w.Symbol(1).Run(kPreTreeFill, 3).Symbol(0).Run(kPreTreeFill, kAllSymbols - 5);
  }));
  EXPECT_TRUE(
      refused([](auto& w) { w.Symbol(0).Run(kPreTreeFill, kAllSymbols - 1); }));  // empty, used
}

TEST(PatchCodes, RefusesImpossibleSegmentCounts) {
  for (const std::int64_t count : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40}) {
    BitWriter out;
    out.Bits(0, 2);
    out.Number(count);
    out.Bits(~0ull, 64);
    EXPECT_TRUE(Refused("", out.Finish(), 1)) << count;
  }
  BitWriter out;
  out.Bits(0, 2);
  out.Number(100);
  for (int i = 0; i < 100; ++i) out.Bits(0, 64);
  const auto result = DecodePatch({}, out.Finish(), 1, {}, Limits{.max_segments = 99});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kLimit);
}

TEST(PatchCodes, TablesForAnotherSourceLengthAreNoticed) {
  SegmentWriter w({2});
  w.Symbol(1).Symbol(1).Symbol(0).Run(kPreTreeFill, kAllSymbols - 3);
  w.out.Bits(0, 1);
  const Bytes patch = w.out.Finish();
  EXPECT_FALSE(DecodePatch(AsBytes("abc"), patch, 1, {}, Limits{})->starts_at_source_end);
  EXPECT_TRUE(DecodePatch(AsBytes("ab"), patch, 1, {}, Limits{})->starts_at_source_end);
  EXPECT_FALSE(DecodePatch(AsBytes("a"), patch, 1, {}, Limits{}));  // no code for the first byte
}

}  // namespace
}  // namespace ww::delta
