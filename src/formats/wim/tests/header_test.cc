#include "wimwright/wim/header.h"

#include <gtest/gtest.h>

namespace ww::wim {
namespace {

Header Sample() {
  Header header;
  header.flags = kFlagCompressed | kFlagLzx | kFlagReparseFix;
  header.chunk_size = 32768;
  header.image_count = 3;
  header.boot_index = 2;
  header.blob_table = {1000, 150, 150, kResourceMetadata};
  header.xml = {1150, 80, 80, kResourceMetadata};
  header.boot_metadata = {208, 300, 900, kResourceMetadata | kResourceCompressed};
  header.integrity = {1230, 32, 32, 0};
  header.guid[3] = std::byte{7};
  header.unused[59] = std::byte{9};
  return header;
}

Code RefusalOf(const Header& header) {
  const auto parsed = ParseHeader(SerialiseHeader(header));
  return parsed ? Code::kInternal : parsed.error().code;
}

TEST(WimHeader, ComesBackAsItWasWritten) {
  const auto bytes = SerialiseHeader(Sample());
  const auto parsed = ParseHeader(bytes);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, Sample());
  EXPECT_EQ(parsed->compression(), Compression::kLzx);
  EXPECT_EQ(SerialiseHeader(*parsed), bytes);
}

TEST(WimHeader, RefusesEveryTruncation) {
  const auto bytes = SerialiseHeader(Sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseHeader(ByteView(bytes).first(size))) << size;
  }
}

TEST(WimHeader, NamesTheConversionOfWhatItDoesNotRead) {
  auto pipable = SerialiseHeader(Sample());
  std::memcpy(pipable.data(), "WLPWM", 5);
  const auto refused = ParseHeader(pipable);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnsupported);
  EXPECT_NE(refused.error().next_step.find("wimlib-imagex export"), std::string::npos);

  auto split = Sample();
  split.total_parts = 2;
  EXPECT_EQ(RefusalOf(split), Code::kUnsupported);
  auto part = Sample();
  part.part_number = 2;
  EXPECT_EQ(RefusalOf(part), Code::kUnsupported);
  for (const auto flag :
       {kFlagWriteInProgress, kFlagSpanned, kFlagResourceOnly, kFlagMetadataOnly}) {
    auto header = Sample();
    header.flags |= flag;
    EXPECT_EQ(RefusalOf(header), Code::kUnsupported) << flag;
  }
  auto version = Sample();
  version.version = 0x00010C00;
  EXPECT_EQ(RefusalOf(version), Code::kUnsupported);
  auto huge = Sample();
  huge.flags = kFlagCompressed | kFlagLzms;
  huge.chunk_size = 1u << 27;
  EXPECT_EQ(RefusalOf(huge), Code::kUnsupported);
  auto compression = Sample();
  compression.flags = kFlagCompressed | 0x00800000;
  EXPECT_EQ(RefusalOf(compression), Code::kUnsupported);
}

TEST(WimHeader, RefusesWhatContradictsItself) {
  auto magic = SerialiseHeader(Sample());
  magic[0] = std::byte{'X'};
  EXPECT_EQ(ParseHeader(magic).error().code, Code::kCorrupt);
  for (const std::uint32_t chunk : {0u, 1u, 32769u, 1u << 22, 1u << 31}) {
    auto header = Sample();
    header.chunk_size = chunk;
    EXPECT_EQ(RefusalOf(header), Code::kCorrupt) << chunk;
  }
  auto boot = Sample();
  boot.boot_index = 4;
  EXPECT_EQ(RefusalOf(boot), Code::kCorrupt);
  auto far = Sample();
  far.xml.offset = ~std::uint64_t{0} - 10;
  EXPECT_EQ(RefusalOf(far), Code::kCorrupt);
}

}  // namespace
}  // namespace ww::wim
