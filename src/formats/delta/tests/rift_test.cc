#include "rift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "delta_test_support.h"
#include "stream_builder.h"

namespace ww::delta {

void PrintTo(const RiftEntry& e, std::ostream* os) {
  *os << std::hex << '(' << e.source << ',' << e.target << ')';
}

namespace {

using testing::IsSupersetOf;
using Entries = std::vector<RiftEntry>;
constexpr std::uint64_t kMany = 1u << 20;

TEST(Rift, OffsetOfTheLastEntryAtOrBefore) {
  const RiftTable t(Entries{{0, 0}, {0x10, 0x30}, {0x20, 0x25}});
  EXPECT_EQ(t.Map(0xF), 0xF);
  EXPECT_EQ(t.Map(0x10), 0x30);
  EXPECT_EQ(t.Map(0x1F), 0x3F);
  EXPECT_EQ(t.Map(0x1000), 0x1005);
}

TEST(Rift, IsCyclicBeforeTheFirstEntry) {
  const RiftTable t(Entries{{0x10, 0x10}, {0x20, 0x25}});
  EXPECT_EQ(t.Map(0), 5);
  EXPECT_EQ(t.Map(-100), -95);
}

TEST(Rift, OfEqualSourcesTheLastWins) {
  const RiftTable t(Entries{{5, 6}, {0, 0}, {5, 9}});
  EXPECT_EQ(t.Map(5), 9);
}

TEST(Rift, EmptyIsTheIdentity) {
  const RiftTable t;
  EXPECT_EQ(t.Map(-7), -7);
  RiftCursor cursor(t);
  EXPECT_EQ(cursor.Map(INT64_MAX), INT64_MAX);
  EXPECT_EQ(cursor.Map(INT64_MIN), INT64_MIN);
}

TEST(Rift, CursorAgreesWithTheTable) {
  const RiftTable t(Entries{{-5, 7}, {0, 0}, {5, 6}, {5, 9}, {100, INT64_MAX}});
  RiftCursor cursor(t);
  std::mt19937_64 random(1);
  for (int i = 0; i < 10000; ++i) {
    const auto x = static_cast<std::int64_t>(random() % 300) - 100;
    ASSERT_EQ(cursor.Map(x), t.Map(x)) << x;
  }
  for (const auto x : {INT64_MAX, INT64_MIN, std::int64_t{99}}) EXPECT_EQ(cursor.Map(x), t.Map(x));
}

// Values dumped from the Windows library: delta-formats.md 6.
TEST(RiftAlgebra, ReversesAsTheLibraryDoesPku2u) {
  const RiftTable t(Entries{{0, 0},
                            {0x400, 0x400},
                            {0x2158, 0x246c},
                            {0x9ad0, 0xa860},
                            {0xadf0, 0xbc60},
                            {0x10b10, 0x11dc0},
                            {0x35c6c, 0x36fac},
                            {0x36600, 0x37a00}});
  EXPECT_THAT(Reverse(t).entries(), IsSupersetOf(Entries{{0, 0},
                                                         {0x400, 0x400},
                                                         {0x246c, 0x2158},
                                                         {0xa860, 0x9ad0},
                                                         {0xbc60, 0xadf0},
                                                         {0x11dc0, 0x10b10},
                                                         {0x36fac, 0x35c6c},
                                                         {0x37a00, 0x36600}}));
}

TEST(RiftAlgebra, ReversesOverlapsAsTheLibraryDoesAdsnt) {
  const RiftTable t(Entries{{0, 0},
                            {0x400, 0x400},
                            {0x718, 0x710},
                            {0x3998, 0x3968},
                            {0x9030, 0x8ff0},
                            {0x9400, 0x93a0},
                            {0x3b000, 0x3b000}});
  const RiftTable r = Reverse(t);
  EXPECT_THAT(r.entries(), IsSupersetOf(Entries{{0, 0},
                                                {0x400, 0x400},
                                                {0x718, 0x720},
                                                {0x3990, 0x39c0},
                                                {0x9000, 0x9040},
                                                {0x93c0, 0x9420},
                                                {0x3b000, 0x3b000}}));
  EXPECT_EQ(r.Map(0x717), 0x717);  // covered first by the segment before
}

TEST(RiftAlgebra, ComposesAsTheLibraryDoesDocprop) {
  const RiftTable f(Entries{{0, 0},
                            {0x400, 0x1000},
                            {0x6200, 0x7000},
                            {0x6400, 0xa000},
                            {0x7200, 0xb000},
                            {0x8800, 0xd000}});
  const RiftTable r(Entries{
      {0, 0},           {0x12e0, 0x1308}, {0x17a0, 0x1860}, {0x6d20, 0x7350}, {0x6fff, 0x7fff},
      {0xa0e0, 0xb0f0}, {0xa120, 0xb138}, {0xa14c, 0xb15c}, {0xa300, 0xb374}, {0xa444, 0xb4c8},
      {0xa484, 0xb510}, {0xa4b0, 0xb534}, {0xa596, 0xb746}, {0xa7ce, 0xb976}, {0xa830, 0xb9f4},
      {0xa8a0, 0xba7e}, {0xaa4e, 0xbc0a}, {0xaaa2, 0xbc88}, {0xaaea, 0xbd1a}, {0xafff, 0xbfff}});
  const RiftTable t(Entries{{0, 0},
                            {0x1000, 0x400},
                            {0x8000, 0x6800},
                            {0xb000, 0x6a00},
                            {0xc000, 0x7a00},
                            {0xe000, 0x9000}});
  const RiftTable fr = Multiply(f, r, kMany).value();
  const RiftTable c = Reverse(Multiply(fr, t, kMany).value());
  EXPECT_THAT(c.entries(), IsSupersetOf(Entries{{0, 0},
                                                {0x400, 0x400},
                                                {0x6e0, -0x5120},
                                                {0x708, 0x6e0},
                                                {0xbc8, -0x4c38},
                                                {0xc60, 0xba0},
                                                {0x6750, 0x6120},
                                                {0x6830, 0x6230},
                                                {0x6a00, 0x6400},
                                                {0x771a, 0x6eea},
                                                {0x7a00, 0x71d0},
                                                {0x7a30, 0x7230},
                                                {0x9000, 0x8800}}));
}

RiftTable RandomTable(std::mt19937& random) {
  Entries entries;
  const auto n = random() % 8;
  for (unsigned i = 0; i < n; ++i) {
    entries.push_back({static_cast<std::int64_t>(random() % 60) - 20,
                       static_cast<std::int64_t>(random() % 60) - 20});
  }
  return RiftTable(entries);
}

TEST(RiftAlgebra, MultiplyIsCompositionEverywhere) {
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    const RiftTable a = RandomTable(random);
    const RiftTable b = RandomTable(random);
    const RiftTable ab = Multiply(a, b, kMany).value();
    for (std::int64_t x = -200; x < 200; ++x) ASSERT_EQ(ab.Map(x), b.Map(a.Map(x))) << x;
    for (const auto x : {INT64_MIN, INT64_MAX, INT64_MIN + 30, INT64_MAX - 30}) {
      ASSERT_EQ(ab.Map(x), b.Map(a.Map(x))) << x;
    }
  }
}

TEST(RiftAlgebra, ReverseGivesTheFirstOriginOfEveryPlace) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    const RiftTable a = RandomTable(random);
    const RiftTable r = Reverse(a);
    // Origins in the library's order: the segments from 0 up, then those below 0. Within a window
    // wide enough for all displacements used here.
    std::map<std::int64_t, std::int64_t> first;
    const auto visit = [&](std::int64_t x) { first.emplace(a.Map(x), x); };
    for (std::int64_t x = 0; x < 300; ++x) visit(x);
    for (std::int64_t x = -300; x < 0; ++x) visit(x);
    for (std::int64_t y = -100; y < 100; ++y) {
      const auto origin = first.find(y);
      if (origin == first.end()) continue;
      ASSERT_EQ(r.Map(y), origin->second) << y;
    }
  }
}

TEST(RiftAlgebra, MultiplyStopsAtTheLimit) {
  // Every segment of `a` covers all of `b`: the result would have the product of their sizes.
  Entries a, b;
  for (int i = 0; i < 1000; ++i) {
    a.push_back({std::int64_t{i} << 40, i % 2});
    b.push_back({i, 2 * i});
  }
  const auto result = Multiply(RiftTable(a), RiftTable(b), 5000);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kLimit);
}

TEST(RiftAlgebra, OneSourceManyTimesIsOneSegment) {
  const RiftTable a(Entries{{5, 6}, {5, 8}});
  const RiftTable b(Entries{{0, 0}, {10, 100}});
  const RiftTable ab = Multiply(a, b, kMany).value();
  for (const std::int64_t x : {-100, 0, 5, 6, 7, 1000}) EXPECT_EQ(ab.Map(x), b.Map(a.Map(x)));
}

TEST(RiftStream, ReadsBackWhatWasWritten) {
  const Entries entries{{-300, 4}, {0, 0}, {1, 3}, {0x1000, -0x2000}, {INT64_MAX, 5}};
  BitWriter out;
  WriteRift(out, entries);
  WriteRift(out, {});
  const Bytes bytes = out.Finish();
  auto in = BitReader::Open(bytes).value();
  EXPECT_EQ(ReadRift(in, kMany).value().entries(), entries);
  EXPECT_TRUE(ReadRift(in, kMany).value().empty());
  EXPECT_EQ(in.bits_left(), 0u);
}

TEST(RiftStream, RefusesMoreEntriesThanBitsOrThanAllowed) {
  const auto table = [](std::int64_t claimed, unsigned bits) {
    BitWriter out;
    out.Bits(1, 1);
    WriteFlatIntFormat(out);
    WriteFlatIntFormat(out);
    out.Number(claimed);
    for (unsigned i = 0; i < bits; ++i) out.Bits(0, 1);
    return out.Finish();
  };
  const auto code = [](const Bytes& bytes, std::uint64_t max) {
    auto in = BitReader::Open(bytes).value();
    const auto rift = ReadRift(in, max);
    return rift ? Code{} : rift.error().code;
  };
  EXPECT_EQ(code(table(1ll << 50, 64), kMany), Code::kCorrupt);
  EXPECT_EQ(code(table(-1, 64), kMany), Code::kCorrupt);
  EXPECT_EQ(code(table(10, 1000), 9), Code::kLimit);
  EXPECT_EQ(code(table(10, 30), kMany), Code::kCorrupt);  // ends within the entries
}

TEST(RiftStream, RefusesIntegerFormatsBeyondTheAlphabet) {
  for (const unsigned a : {127u, 255u}) {
    BitWriter out;
    out.Bits(1, 1);
    out.Bits(a, 8);
    out.Bits(0, 16);
    out.Bits(0, 64);
    const Bytes bytes = out.Finish();
    auto in = BitReader::Open(bytes).value();
    EXPECT_FALSE(ReadRift(in, kMany));
  }
}

// The short form of a format tells no symbol: of those left the first 248 have 8 bits, the rest 7.
TEST(RiftStream, UntoldSymbolsGetTheLongLengthFirst) {
  BitWriter out;
  out.Bits(0, 8);
  out.Bits(0, 8);
  out.Bits(248, 8);
  out.Bits(7, 4);  // d = 8
  std::vector<std::uint8_t> lengths(kIntAlphabet, 8);
  std::fill(lengths.begin() + 248, lengths.end(), std::uint8_t{7});
  const auto codes = AssignCodes(lengths);
  out.Code(codes[3], 8);    // 3
  out.Code(codes[129], 8);  // negative symbol 3: -4
  const Bytes bytes = out.Finish();
  auto in = BitReader::Open(bytes).value();
  const auto format = IntFormat::Read(in).value();
  EXPECT_EQ(format.Value(in), 3);
  EXPECT_EQ(format.Value(in), -4);
  EXPECT_EQ(in.bits_left(), 0u);
}

}  // namespace
}  // namespace ww::delta
