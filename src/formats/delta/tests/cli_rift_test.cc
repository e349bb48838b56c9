#include "cli_rift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "managed_builder.h"

namespace ww::delta {

void PrintTo(const RiftEntry& entry, std::ostream* out);  // rift_test.cc

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kFrom = 1000;  // of the source's stream
constexpr std::uint32_t kTo = 5000;

struct Pair {
  CliLayout source, target;
  CliMap map;
  Bytes normalised = Bytes(64, std::byte{1});

  std::vector<RiftEntry> Rift(std::uint64_t max = 1000) {
    source.Derive();
    target.Derive();
    return CliCopyRift(source, target, map, normalised, max).value();
  }
};

Pair Heaps(unsigned heap) {
  Pair p;
  p.source.streams[heap] = {kFrom, 100};
  p.target.streams[heap] = {kTo, 120};
  return p;
}

TEST(CliRift, HeapsAreMappedByBytes) {
  Pair p = Heaps(kCliStrings);
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kTo, kFrom}));
  p.map.heaps[kCliStrings] = RiftTable({{0, 0}, {10, 14}, {20, 18}});
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kTo, kFrom}, RiftEntry{kTo + 14, kFrom + 10},
                                    RiftEntry{kTo + 18, kFrom + 20}));
}

TEST(CliRift, StreamsThatOneSideLacksGiveNothing) {
  Pair p = Heaps(kCliBlobs);
  p.target.streams[kCliBlobs].size = 0;
  EXPECT_THAT(p.Rift(), IsEmpty());
}

TEST(CliRift, KeysBeyond32BitsEndAMap) {
  Pair p = Heaps(kCliBlobs);
  p.map.heaps[kCliBlobs] = RiftTable({{0, 0}, {1ll << 32, 5}});
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kTo, kFrom}));
}

// The ring: an element before the first entry moves by the last displacement.
TEST(CliRift, TheFirstElementMovesByTheLastDisplacement) {
  Pair p = Heaps(kCliBlobs);
  p.map.heaps[kCliBlobs] = RiftTable({{10, 12}, {20, 27}});
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kTo + 7, kFrom}, RiftEntry{kTo + 12, kFrom + 10},
                                    RiftEntry{kTo + 27, kFrom + 20}));
  p.map.heaps[kCliBlobs] = RiftTable({{10, 7}});
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kTo + 7, kFrom + 10}));
}

TEST(CliRift, GuidsAreCountedFromOneInSixteens) {
  Pair p = Heaps(kCliGuids);
  p.map.heaps[kCliGuids] = RiftTable({{1, 2}, {3, 4}});
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kTo + 16, kFrom}, RiftEntry{kTo + 48, kFrom + 32}));
}

Pair Tables(unsigned table, std::uint32_t from_rows, std::uint32_t to_rows) {
  Pair p;
  p.source.streams[kCliTableStream] = {kFrom, 400};
  p.target.streams[kCliTableStream] = {kTo, 400};
  p.source.valid = p.target.valid = 1ull << table;
  p.source.rows[table] = from_rows;
  p.target.rows[table] = to_rows;
  return p;
}
constexpr std::int64_t kFromRows = kFrom + 28;
constexpr std::int64_t kToRows = kTo + 28;

TEST(CliRift, RowsOfEqualWidths) {
  Pair p = Tables(kCliField, 9, 9);  // six bytes a row
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kToRows, kFromRows}));
  p.map.tables[kCliField] = RiftTable({{1, 1}, {4, 6}});
  EXPECT_THAT(p.Rift(),
              ElementsAre(RiftEntry{kToRows, kFromRows}, RiftEntry{kToRows + 30, kFromRows + 18}));
}

TEST(CliRift, RowZeroSpeaksOfRowOne) {
  Pair p = Tables(kCliField, 9, 9);
  p.map.tables[kCliField] = RiftTable({{0, 1}, {4, 6}});
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kToRows + 6, kFromRows},
                                    RiftEntry{kToRows + 30, kFromRows + 18}));
  p.map.tables[kCliField] = RiftTable({{0, 0}, {1, 3}});
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kToRows + 12, kFromRows}));
}

// Field: flags, name, signature. The target's string heap is wide: cells from there on move.
TEST(CliRift, WidenedColumnsArePairedCellByCell) {
  Pair p = Tables(kCliField, 3, 3);
  p.target.wide_strings = true;  // eight bytes a row
  p.normalised[40] = p.normalised[41] = std::byte{0};
  EXPECT_THAT(
      p.Rift(),
      ElementsAre(RiftEntry{kToRows, kFromRows}, RiftEntry{kToRows + 4, 40},
                  RiftEntry{kToRows + 6, kFromRows + 4}, RiftEntry{kToRows + 8, kFromRows + 6},
                  RiftEntry{kToRows + 12, 40}, RiftEntry{kToRows + 14, kFromRows + 10}));
}

TEST(CliRift, NarrowedColumnsAndSkippedRows) {
  Pair p = Tables(kCliField, 3, 3);
  p.source.wide_strings = true;
  p.map.tables[kCliField] = RiftTable({{1, 0}, {2, 2}});  // row 1 has no counterpart
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kToRows + 6, kFromRows + 8},
                                    RiftEntry{kToRows + 10, kFromRows + 14}));
}

TEST(CliRift, WithoutZerosTheUpperHalfComesFromTheEnd) {
  Pair p = Tables(0x1A, 2, 2);
  p.target.wide_strings = true;
  EXPECT_THAT(p.Rift(), ElementsAre(RiftEntry{kToRows, kFromRows}, RiftEntry{kToRows + 2, 64}));
}

TEST(CliRift, IsLimited) {
  Pair p = Tables(0x1A, 60000, 60000);
  p.target.wide_strings = true;
  p.source.Derive();
  p.target.Derive();
  EXPECT_EQ(CliCopyRift(p.source, p.target, p.map, p.normalised, 100).error().code, Code::kLimit);
}

}  // namespace
}  // namespace ww::delta
