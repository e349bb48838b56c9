// Exports, resources and relocations.
#include <gtest/gtest.h>

#include "delta_test_support.h"
#include "pe_work.h"
#include "sample_images.h"

namespace ww::delta {
namespace {

constexpr std::uint32_t kData = 0x600;

TEST(Exports, MapsFunctionsNamesAndFields) {
  const auto r = Transform(SampleX86Image(), Shift(kTextRva, 0x40), TransformExports);
  const std::uint32_t dir = kData + 0xC0;
  EXPECT_EQ(Get32(r.image, kData + 0xE8), kTextRva + 0x50);
  EXPECT_EQ(Get32(r.image, kData + 0xEC), 0u);  // no function of this ordinal
  EXPECT_EQ(Get32(r.image, kData + 0xF0), kDataRva + 0x13C);
  EXPECT_EQ(Get32(r.image, dir + 12), kDataRva + 0x138);
  EXPECT_EQ(Get32(r.image, dir + 16), 1u);
  EXPECT_EQ(Get32(r.image, dir + 28), kDataRva + 0x128);
  EXPECT_EQ(Get32(r.image, dir + 32), kDataRva + 0x130);
  EXPECT_EQ(Get32(r.image, dir + 36), kDataRva + 0x134);
  EXPECT_TRUE(r.marks.Any(kData + 0xE8, 1, kMarkHandled));
}

TEST(Exports, CountsBeyondTheFileEndThere) {
  Bytes source = SampleX86Image();
  Put32(source, kData + 0xC0 + 20, 0xFFFFFFFF);
  EXPECT_EQ(Transform(source, Shift(kTextRva, 4), TransformExports).image.size(), source.size());
}

TEST(Resources, OffsetsMoveRelativeToTheDirectory) {
  // From the name string on (directory + 0x60) everything moves by 0x20, and the sub-directories
  // stay.
  const std::uint32_t root = kData + 0x100;
  const auto r = Transform(SampleX86Image(), Shift(kDataRva + 0x160, 0x20), TransformResources);
  EXPECT_EQ(Get32(r.image, root + 16), 0x80000080u);
  EXPECT_EQ(Get32(r.image, root + 20), 0x80000018u);
  EXPECT_EQ(Get32(r.image, root + 0x18 + 20), 0x80000030u);
  EXPECT_EQ(Get32(r.image, root + 0x30 + 20), 0x48u);  // the leaf pointer is not touched
  // The data's RVA is moved as if it were an offset: 0x2168 lies at 0x4268, which moves by 0x20 ...
  EXPECT_EQ(Get32(r.image, root + 0x48), kDataRva + 0x168 + 0x20);
  EXPECT_TRUE(r.marks.Any(root + 0x48, 1, kMarkHandled));
  EXPECT_FALSE(r.marks.Any(root + 0x4C, 4, kMarkHandled));
}

TEST(Resources, TheDataRvaIsTakenForAnOffset) {
  // ... and this is how it differs from an RVA: only addresses from 0x4000 on move.
  const std::uint32_t root = kData + 0x100;
  const auto r = Transform(SampleX86Image(), Shift(0x4000, 0x20), TransformResources);
  EXPECT_EQ(Get32(r.image, root + 0x48), kDataRva + 0x168 + 0x20);
  EXPECT_EQ(Get32(r.image, root + 16), 0x80000060u);
}

TEST(Resources, SubDirectoriesMove) {
  const std::uint32_t root = kData + 0x100;
  const auto r = Transform(SampleX86Image(), Shift(kDataRva + 0x118, 8), TransformResources);
  EXPECT_EQ(Get32(r.image, root + 20), 0x80000020u);
  EXPECT_EQ(Get32(r.image, root + 0x18 + 20), 0x80000038u);  // visited where it stood
}

TEST(Resources, LoopsAndHugeCountsEnd) {
  Bytes source = SampleX86Image();
  const std::uint32_t root = kData + 0x100;
  Put32(source, root + 0x18 + 20, 0x80000000);           // back to the root
  Put<std::uint16_t>(source, root + 0x18 + 12, 0xFFFF);  // more entries than the directory holds
  EXPECT_EQ(Transform(source, Shift(0x1000, 8), TransformResources).image.size(), source.size());
}

// ---- relocations

Bytes RelocatedImage(const std::vector<std::uint16_t>& entries,
                     std::uint16_t machine = kMachineI386, std::uint32_t raw_size = 0x40) {
  Bytes text(0x200);
  for (std::uint32_t i = 0; i + 8 <= text.size(); i += 8)
    Put32(text, i, PeBuilder::kBase + kDataRva + i);
  Bytes reloc(raw_size, std::byte{0xEE});
  Put32(reloc, 0, kTextRva);
  Put32(reloc, 4, static_cast<std::uint32_t>(8 + 2 * entries.size()));
  for (std::size_t i = 0; i < entries.size(); ++i) Put(reloc, 8 + 2 * i, entries[i]);
  PeBuilder pe(machine);
  pe.Section(".text", kTextRva, text, kCodeSection).Section(".reloc", 0x3000, reloc, kDataSection);
  pe.Directory(kDirRelocation, 0x3000, static_cast<std::uint32_t>(8 + 2 * entries.size()));
  return pe.Build();
}
constexpr std::uint32_t kText = 0x400;
constexpr std::uint32_t kReloc = 0x600;
void Relocations(PeWork& work) { TransformRelocations(work, {}); }

TEST(Relocations, RebaseTheValuesAndMoveTheList) {
  const auto r =
      Transform(RelocatedImage({0x3010, 0x3018}), Shift(kTextRva + 0x18, 0x100), Relocations);
  EXPECT_EQ(Get32(r.image, kText + 0x10), kNewBase + kDataRva + 0x110);
  EXPECT_EQ(Get32(r.image, kText + 0x18), kNewBase + kDataRva + 0x118);
  EXPECT_EQ(Get32(r.image, kText + 0x20), PeBuilder::kBase + kDataRva + 0x20);
  EXPECT_TRUE(r.marks.Any(kText + 0x10, 1, kMarkHandled));
  EXPECT_EQ(Get32(r.image, kReloc), kTextRva);
  EXPECT_EQ(Get32(r.image, kReloc + 4), 12u);
  EXPECT_EQ(Get32(r.image, kReloc + 8), 0x31183010u);
}

TEST(Relocations, WideValues) {
  Bytes source = RelocatedImage({0xA010, 0x0000}, kMachineAmd64);
  Put<std::uint64_t>(source, kText + 0x10, PeBuilder::kBase + 0x1FF8u);
  const auto r = Transform(source, Shift(0x1800, 0x10), Relocations);
  EXPECT_EQ(LoadLe<std::uint64_t>(r.image.data() + kText + 0x10), kNewBase + 0x2008u);
  EXPECT_TRUE(r.marks.Any(kText + 0x17, 1, kMarkHandled));
}

TEST(Relocations, AreSortedAgainAndPadded) {
  // 0x1020 moves before 0x1010: three entries need a zero word.
  const RiftTable rift(std::vector<RiftEntry>{{0, 0}, {0x1020, 0x1008}, {0x1024, 0x1024}});
  const auto r = Transform(RelocatedImage({0x3010, 0x3020, 0x3030}), rift, Relocations);
  EXPECT_EQ(Get32(r.image, kReloc + 4), 16u);
  EXPECT_EQ(Get32(r.image, kReloc + 8), 0x30103008u);
  EXPECT_EQ(Get32(r.image, kReloc + 12), 0x00003030u);
}

TEST(Relocations, SplitIntoBlocksAndGrowUpToTheSectionsEnd) {
  // The second entry moves to the next page: two blocks, 8 bytes more than the directory had.
  const auto r =
      Transform(RelocatedImage({0x3010, 0x3018}), Shift(kTextRva + 0x18, 0x1000), Relocations);
  const std::uint32_t expected[] = {0x1000, 12, 0x00003010, 0x2000, 12, 0x00003018};
  for (std::uint32_t i = 0; i < 6; ++i) EXPECT_EQ(Get32(r.image, kReloc + 4 * i), expected[i]) << i;
  EXPECT_EQ(Get32(r.image, kReloc + 24), 0xEEEEEEEEu);  // what follows keeps its value
}

TEST(Relocations, StopAtTheEndOfTheSection) {
  const auto r = Transform(RelocatedImage({0x3010, 0x3018}, kMachineI386, 16),
                           Shift(kTextRva + 0x18, 0x1000), Relocations);
  EXPECT_EQ(r.image.size(), kReloc + 16u);
  EXPECT_EQ(Get32(r.image, kReloc + 12), 0x2000u);
}

TEST(Relocations, AZeroEntryEndsItsBlock) {
  const auto r = Transform(RelocatedImage({0x3010, 0x0000, 0x3018, 0x3020}), {}, Relocations);
  EXPECT_EQ(Get32(r.image, kText + 0x10), kNewBase + kDataRva + 0x10);
  EXPECT_EQ(Get32(r.image, kText + 0x18), PeBuilder::kBase + kDataRva + 0x18);
}

TEST(Relocations, OtherTypes) {
  // HIGH and LOW: marked only. HIGHADJ keeps its extra word. Type 7 becomes type 0.
  const auto r =
      Transform(RelocatedImage({0x1010, 0x2018, 0x4020, 0xBEEF, 0x7028}), {}, Relocations);
  EXPECT_EQ(Get32(r.image, kText + 0x10), PeBuilder::kBase + kDataRva + 0x10);
  EXPECT_TRUE(r.marks.Any(kText + 0x11, 1, kMarkHandled));
  EXPECT_FALSE(r.marks.Any(kText + 0x12, 1, kMarkHandled));
  EXPECT_EQ(Get32(r.image, kReloc + 4), 20u);
  EXPECT_EQ(Get32(r.image, kReloc + 8), 0x20181010u);
  EXPECT_EQ(Get32(r.image, kReloc + 12), 0xBEEF4020u);
  EXPECT_EQ(Get32(r.image, kReloc + 16), 0x00000028u);
}

TEST(Relocations, LocationsOutsideTheFileStayInTheList) {
  const auto r = Transform(RelocatedImage({0x3FF0, 0x0000}), {}, Relocations);
  EXPECT_EQ(Get32(r.image, kReloc + 8), 0x00003FF0u);
}

Bytes ImageWithoutRelocations() {
  Bytes data(0x40);
  Put32(data, 5, PeBuilder::kBase + 0x1234);  // unaligned
  Put32(data, 0x10, PeBuilder::kBase);        // the base itself is not taken
  Put32(data, 0x20, PeBuilder::kBase + 0x1240);
  Put32(data, 0x3C, PeBuilder::kBase + 0x1250);  // the last four bytes are not looked at
  PeBuilder pe(kMachineI386);
  pe.Section(".data", kTextRva, data, kDataSection);
  return pe.Build();
}

TEST(RelocationScan, FindsAddressesByValue) {
  const auto r = Transform(ImageWithoutRelocations(), Shift(0x1000, 0x10), Relocations,
                           [](PeWork& w) { w.marks.Set(kText + 0x23, 1, kMarkProtected); });
  EXPECT_EQ(Get32(r.image, kText + 5), kNewBase + 0x1244);
  EXPECT_EQ(Get32(r.image, kText + 0x10), PeBuilder::kBase);
  EXPECT_EQ(Get32(r.image, kText + 0x20), PeBuilder::kBase + 0x1240);  // protected
  EXPECT_EQ(Get32(r.image, kText + 0x3C), PeBuilder::kBase + 0x1250);
}

TEST(RelocationScan, IsNotDoneInTheOtherReading) {
  const Bytes source = ImageWithoutRelocations();
  const auto r = Transform(source, Shift(0x1000, 0x10), [](PeWork& w) {
    TransformRelocations(w, PipelineVariant{.scan_without_relocations = false});
  });
  EXPECT_EQ(r.image, source);
}

// Data directories are protected by the marker map, so the scan leaves them alone.
TEST(RelocationScan, HonoursProtectedDirectories) {
  Bytes source = ImageWithoutRelocations();
  const auto at = PeBuilder(kMachineI386).directories_at() + 8 * kDirResource;
  Put32(source, at, kTextRva + 0x20);
  Put32(source, at + 4, 8);
  const auto r = Transform(source, Shift(0x1000, 0x10), Relocations,
                           [](PeWork& w) { BuildMarkerMap(w, FileToRva(w.view)); });
  EXPECT_EQ(Get32(r.image, kText + 0x20), PeBuilder::kBase + 0x1240);
  EXPECT_EQ(Get32(r.image, kText + 5), kNewBase + 0x1244);
}

}  // namespace
}  // namespace ww::delta
