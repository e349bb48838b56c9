#include "content.h"

#include <gtest/gtest.h>

#include "catalog_writer.h"
#include "pe_writer.h"
#include "wimwright/delta/base_manifest.h"
#include "words.h"

#include <set>

namespace ww::lab {
namespace {

TEST(Content, IsTheSameAtEveryOffset) {
  for (const ContentKind kind : {ContentKind::kCode, ContentKind::kText, ContentKind::kRandom}) {
    const Content content(ContentSpec{kind, 7, 20'011, 2});
    const Bytes whole = content.All();
    for (const std::size_t offset : {0UL, 1UL, 4095UL, 4096UL, 9000UL, 20'010UL}) {
      Bytes piece(std::min<std::size_t>(5000, whole.size() - offset));
      content.ReadAt(offset, piece);
      EXPECT_TRUE(std::equal(piece.begin(), piece.end(),
                             whole.begin() + static_cast<std::ptrdiff_t>(offset)));
    }
  }
}

TEST(Content, RevisionsShareMostBlocks) {
  const Bytes old = Content(ContentSpec{ContentKind::kCode, 9, 400'000, 0}).All();
  const Bytes renewed = Content(ContentSpec{ContentKind::kCode, 9, 400'000, 1}).All();
  std::size_t equal = 0;
  for (std::size_t i = 0; i < old.size(); ++i) equal += old[i] == renewed[i] ? 1 : 0;
  EXPECT_NE(old, renewed);
  EXPECT_GT(equal, old.size() * 3 / 4);
}

TEST(Content, FamilyNamesAreUnique) {
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < 4096; ++i) names.insert(FamilyWord(i));
  EXPECT_EQ(names.size(), 4096U);
}

TEST(PeWriter, HoldsTheBaseManifestForBothMachines) {
  const Bytes base = LabBaseManifest();
  EXPECT_EQ(base.size(), 9066U);
  for (const std::uint16_t machine : {std::uint16_t{0x14C}, std::uint16_t{0x8664}}) {
    const auto found = delta::FindBaseManifest(MakeResourceLibrary(machine, 614, 1, base));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, base);
  }
}

}  // namespace
}  // namespace ww::lab
