#include <gtest/gtest.h>

#include "delta_test_support.h"
#include "pe_work.h"
#include "sample_images.h"

namespace ww::delta {
namespace {

constexpr std::uint32_t kData = 0x600;  // the data section in the file
constexpr unsigned kBoth = kMarkHandled | kMarkProtected;

TEST(Unbind, RestoresDescriptorsAndAddressTable) {
  const auto r = Transform(SampleX86Image(), {}, Unbind);
  EXPECT_EQ(Get32(r.image, kData + 4), 0u);
  EXPECT_EQ(Get32(r.image, kData + 8), 0u);
  EXPECT_EQ(Get32(r.image, kData + 0x60), kDataRva + 0x80);  // from the lookup table
  EXPECT_EQ(Get32(r.image, kData + 0x64), kDataRva + 0x90);
  EXPECT_EQ(Get32(r.image, kData + 0x68), 0x80000007u);
}

TEST(Unbind, ClearsTheBoundImportDirectoryAndItsEntry) {
  const Bytes source = SampleX86Image();
  const auto r = Transform(source, {}, Unbind);
  for (std::uint32_t i = 0; i < 0x20; ++i) EXPECT_EQ(r.image[0x300 + i], std::byte{0}) << i;
  const auto entry = PeBuilder(kMachineI386).directories_at() + 8 * kDirBoundImport;
  EXPECT_EQ(Get32(source, entry), 0x300u);
  EXPECT_EQ(Get32(r.image, entry), 0u);
  EXPECT_EQ(Get32(r.image, entry + 4), 0u);
}

TEST(Unbind, MakesIdataReadableAndWritable) {
  const auto r = Transform(SampleX86Image(), {}, Unbind);
  const PeBuilder pe(kMachineI386);
  EXPECT_EQ(Get32(r.image, pe.section_header_at(1) + 36), kDataSection | 0xC0000000);
  EXPECT_EQ(Get32(r.image, pe.section_header_at(0) + 36), kCodeSection);
}

TEST(Unbind, LeavesUnboundImagesAlone) {
  const Bytes source = SampleAmd64Image();
  EXPECT_EQ(Transform(source, {}, Unbind).image, source);
}

TEST(Unbind, ClipsADirectoryThatLeavesTheFile) {
  Bytes source = SampleX86Image();
  const auto entry = PeBuilder(kMachineI386).directories_at() + 8 * kDirBoundImport;
  Put32(source, entry + 4, 0xFFFFFFFF);
  const auto r = Transform(source, {}, Unbind);
  EXPECT_EQ(r.image.size(), source.size());
  EXPECT_EQ(r.image.back(), std::byte{0});
}

TEST(Imports, MapsTablesAndDescriptor) {
  // Names from 0x2080 on move by 0x10, so the first table itself stays where it is.
  const auto r = Transform(SampleX86Image(), Shift(kDataRva + 0x80, 0x10), [](PeWork& w) {
    Unbind(w);
    TransformImports(w);
  });
  for (const std::uint32_t table : {0x40u, 0x60u}) {
    EXPECT_EQ(Get32(r.image, kData + table), kDataRva + 0x90);
    EXPECT_EQ(Get32(r.image, kData + table + 4), kDataRva + 0xA0);
    EXPECT_EQ(Get32(r.image, kData + table + 8), 0x80000007u);  // an ordinal
    EXPECT_TRUE(r.marks.Any(kData + table + 8, 1, kMarkHandled));
  }
  EXPECT_EQ(Get32(r.image, kData), kDataRva + 0x40);
  EXPECT_EQ(Get32(r.image, kData + 12), kDataRva + 0xB0);
  EXPECT_EQ(Get32(r.image, kData + 16), kDataRva + 0x60);
  for (const std::uint32_t field : {0u, 12u, 16u})
    EXPECT_TRUE(r.marks.Any(kData + field, 1, kMarkHandled));
  EXPECT_FALSE(r.marks.Any(kData + 4, 8, kBoth));
}

TEST(Imports, MarkHintNameAndTerminator) {
  const auto r = Transform(SampleX86Image(), {}, [](PeWork& w) {
    Unbind(w);
    TransformImports(w);
  });
  // "\1\0Alpha\0" at the unmapped place.
  for (std::uint32_t i = 0; i < 8; ++i)
    EXPECT_TRUE(r.marks.Any(kData + 0x80 + i, 1, kMarkProtected)) << i;
  EXPECT_FALSE(r.marks.Any(kData + 0x88, 1, kBoth));
  EXPECT_TRUE(r.marks.Any(kData + 0x90 + 6, 1, kMarkProtected));
  EXPECT_FALSE(r.marks.Any(kData + 0x97, 1, kBoth));
}

TEST(Imports, BoundAddressTablesHoldAddresses) {
  Bytes source = SampleX86Image();
  Put32(source, kData + 0x60, PeBuilder::kBase + 0x1010);
  Put32(source, kData + 0x64, PeBuilder::kBase + 0x800);
  const auto r = Transform(source, Shift(0x1000, 0x20), TransformImports);
  EXPECT_EQ(Get32(r.image, kData + 0x60), kNewBase + 0x1030);
  EXPECT_EQ(Get32(r.image, kData + 0x64), kNewBase + 0x800);
  EXPECT_EQ(Get32(r.image, kData + 0x40), kDataRva + 0x80 + 0x20);
}

TEST(Imports, WideTablesLeaveOrdinalsAndHighWords) {
  Bytes source = SampleAmd64Image();
  Put<std::uint64_t>(source, kData + 0x48, 0x100002090);
  const auto r = Transform(source, Shift(kDataRva, 0x100), TransformImports);
  EXPECT_EQ(LoadLe<std::uint64_t>(r.image.data() + kData + 0x40), kDataRva + 0x180u);
  EXPECT_EQ(LoadLe<std::uint64_t>(r.image.data() + kData + 0x48), 0x100002090u);
  EXPECT_EQ(LoadLe<std::uint64_t>(r.image.data() + kData + 0x50), 0x8000000000000007u);
}

TEST(Imports, ATableThatBeginsWithAnOrdinalStays) {
  Bytes source = SampleX86Image();
  Put32(source, kData + 4, 0);
  Put32(source, kData + 0x40, 0x80000001);
  const auto r = Transform(source, Shift(kDataRva, 0x100), TransformImports);
  EXPECT_EQ(Get32(r.image, kData + 0x44), kDataRva + 0x90);
  EXPECT_TRUE(r.marks.Any(kData + 0x44, 1, kMarkHandled));
}

TEST(Imports, ZeroMeansNothing) {
  Bytes source = SampleX86Image();
  Put32(source, kData, 0);  // no lookup table
  Put32(source, kData + 4, 0);
  const auto r = Transform(source, RiftTable(std::vector<RiftEntry>{{0, 0x100}}), TransformImports);
  EXPECT_EQ(Get32(r.image, kData), 0u);
  EXPECT_EQ(Get32(r.image, kData + 16), kDataRva + 0x160);
}

// A thousand descriptors that share one long table: quadratic work is cut off.
TEST(Imports, OverlappingTablesExhaustTheBudget) {
  Bytes data(0x40000, std::byte{0x11});
  for (std::uint32_t i = 0; i < 4000; ++i) {
    Put32(data, 20 * i, kDataRva + 0x18000 + 4 * i);
    Put32(data, 20 * i + 4, 0);
    Put32(data, 20 * i + 12, kDataRva);
    Put32(data, 20 * i + 16, 0);
  }
  PeBuilder pe(kMachineI386);
  pe.Section(".data", kDataRva, data, kDataSection).Directory(kDirImport, kDataRva, 20);
  EXPECT_TRUE(Transform(pe.Build(), {}, TransformImports).exhausted);
}

}  // namespace
}  // namespace ww::delta
