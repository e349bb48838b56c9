#include "pe_view.h"

#include <gtest/gtest.h>

#include "delta_test_support.h"
#include "sample_images.h"

namespace ww::delta {
namespace {

TEST(PeView, ReadsBothKindsOfImage) {
  const auto x86 = PeView::Parse(SampleX86Image()).value();
  EXPECT_EQ(x86.machine, kMachineI386);
  EXPECT_FALSE(x86.plus);
  EXPECT_EQ(x86.image_base, PeBuilder::kBase);
  EXPECT_EQ(x86.size_of_headers, PeBuilder::kHeaders);
  EXPECT_EQ(x86.sections.size(), 3u);
  EXPECT_EQ(x86.directories[kDirRelocation].rva, 0x3000u);
  EXPECT_EQ(x86.time_stamp_at, PeBuilder::time_stamp_at());
  EXPECT_EQ(x86.checksum_at, PeBuilder(kMachineI386).checksum_at());

  const auto x64 = PeView::Parse(SampleAmd64Image()).value();
  EXPECT_TRUE(x64.plus);
  EXPECT_EQ(x64.image_base, PeBuilder::kBase);
  EXPECT_EQ(x64.image_base_at, PeBuilder(kMachineAmd64).image_base_at());
  EXPECT_EQ(x64.directories[kDirException].size, 12u);
}

TEST(PeView, MapsAddressesThroughHeadersAndSections) {
  const auto view = PeView::Parse(SampleX86Image()).value();
  EXPECT_EQ(view.FileOffset(0x123), 0x123u);
  EXPECT_EQ(view.FileOffset(kTextRva), 0x400u);
  EXPECT_EQ(view.FileOffset(kDataRva + 5), 0x605u);
  EXPECT_EQ(view.FileOffset(0x1200), std::nullopt);
  EXPECT_TRUE(view.Reachable(1));
  EXPECT_FALSE(view.Reachable(0));
  EXPECT_FALSE(view.Reachable(0x1200));
  EXPECT_FALSE(view.Reachable(0x100000));
}

TEST(PeView, RefusesWhatIsNoImage) {
  const Bytes good = SampleX86Image();
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{PeBuilder::kPeAt}, std::size_t{PeBuilder::kPeAt + 24}}) {
    Bytes bad = good;
    bad[at] ^= std::byte{0xFF};
    EXPECT_FALSE(PeView::Parse(bad)) << at;
  }
  Bytes far = good;
  Put32(far, 0x3C, 0xFFFFFFF0);
  EXPECT_FALSE(PeView::Parse(far));
  Bytes crowded = good;
  Put<std::uint16_t>(crowded, PeBuilder::kPeAt + 6, 257);
  EXPECT_EQ(PeView::Parse(crowded).error().code, Code::kLimit);
}

TEST(PeView, SurvivesEveryTruncation) {
  const Bytes good = SampleAmd64Image();
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    const auto view = PeView::Parse(cut);
    EXPECT_LE(view ? view->sections.size() : 0, 3u) << size;
  }
}

}  // namespace
}  // namespace ww::delta
