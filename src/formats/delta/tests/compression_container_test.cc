#include "compression_container.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta_test_support.h"
#include "encode_payload.h"
#include "lzms.h"
#include "xpress_huffman.h"

namespace ww::delta {
namespace {

using testing::HasSubstr;

Result<Bytes> ExpandAll(ByteView bytes) {
  WW_TRY(const auto container, ParseCompressionContainer(bytes), "test");
  return Expand(container);
}

std::string Prose(int lines) {
  std::string text;
  for (unsigned i = 0; i < static_cast<unsigned>(lines); ++i)
    text += "line " + std::to_string(i * i % 9973) + " of the text\n";
  return text;
}

TEST(CompressionContainer, GenuineOnes) {
  WW_NEEDS_CORPUS("lzms");
  for (const std::string name : {"random", "sequential", "small", "zeros"}) {
    const auto plain = ExpandAll(Slurp(Corpus("lzms/" + name + ".lzms")));
    ASSERT_TRUE(plain) << name << ": " << plain.error().message;
    EXPECT_EQ(*plain, Slurp(Corpus("lzms/" + name + ".raw"))) << name;
  }
}

TEST(CompressionContainer, RoundTripsInChunks) {
  for (const auto codec : {ContainerCodec::kLzms, ContainerCodec::kXpressHuffman}) {
    for (const int lines : {0, 1, 2, 100, 8000, 120000}) {
      const std::string text = Prose(lines);
      const auto plain = ExpandAll(*WriteCompressionContainer(codec, AsBytes(text)));
      ASSERT_TRUE(plain) << lines << ": " << plain.error().message;
      EXPECT_EQ(AsText(*plain), text);
    }
    const Bytes noise = RandomBytes(5, 100000);
    EXPECT_EQ(ExpandAll(*WriteCompressionContainer(codec, noise)).value(), noise);
  }
}

Bytes Sample() { return *WriteCompressionContainer(ContainerCodec::kLzms, AsBytes(Prose(50))); }

TEST(CompressionContainer, ItsHeaderHasAChecksum) {
  for (std::size_t i = 0; i < 24; ++i) {
    Bytes bad = Sample();
    bad[i] ^= std::byte{0x40};
    EXPECT_EQ(ExpandAll(bad).error().code, Code::kCorrupt) << i;
  }
}

Bytes Resealed(Bytes container) {
  // The encoder's checksum, made again for a changed header: the codec is part of it.
  for (unsigned b = 0; b < 256; ++b) {
    container[6] = static_cast<std::byte>(b);
    const auto parsed = ParseCompressionContainer(container);
    if (parsed || !AsText(AsBytes(parsed.error().message)).starts_with("the checksum")) break;
  }
  return container;
}

TEST(CompressionContainer, RefusesWhatItCannotHold) {
  Bytes mszip = Sample();
  mszip[7] = std::byte{2};
  EXPECT_EQ(ExpandAll(Resealed(mszip)).error().code, Code::kUnsupported);
  EXPECT_THAT(ExpandAll(Resealed(mszip)).error().message, HasSubstr("MSZIP"));
  Bytes chunks = Sample();
  StoreLe<std::uint32_t>(chunks.data() + 16, 0);
  EXPECT_EQ(ExpandAll(Resealed(chunks)).error().code, Code::kCorrupt);
  StoreLe<std::uint32_t>(chunks.data() + 16, (64u << 20) + 1);
  EXPECT_EQ(ExpandAll(Resealed(chunks)).error().code, Code::kLimit);
  Bytes longer = Sample();
  longer.push_back(std::byte{0});
  EXPECT_EQ(ExpandAll(longer).error().code, Code::kCorrupt);
  Bytes empty_chunk = Sample();
  StoreLe<std::uint32_t>(empty_chunk.data() + 24, 0);
  EXPECT_EQ(ExpandAll(empty_chunk).error().code, Code::kCorrupt);
  Bytes header = Sample();
  StoreLe<std::uint16_t>(header.data() + 4, 23);
  EXPECT_EQ(ExpandAll(header).error().code, Code::kCorrupt);
}

TEST(CompressionContainer, EveryTruncationIsRefused) {
  for (const auto codec : {ContainerCodec::kLzms, ContainerCodec::kXpressHuffman}) {
    const Bytes whole = *WriteCompressionContainer(codec, AsBytes(Prose(20)));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(ExpandAll(ByteView(whole).first(size))) << size;
    }
  }
}

TEST(Lzms, RefusesImpossibleLengths) {
  Bytes out(100);
  EXPECT_EQ(DecompressLzms(Bytes(5), out).error().code, Code::kCorrupt);
  EXPECT_EQ(DecompressLzms(Bytes(2), out).error().code, Code::kCorrupt);
  Bytes two(2);
  EXPECT_EQ(DecompressLzms(Bytes(4), two).error().code, Code::kUnsupported);
}

// Two blocks that libwim made, each for itself, are what a writer of 128 KiB makes.
TEST(XpressHuffman, BlocksFollowEachOther) {
  const std::string text = Prose(6000).substr(0, 2 * 65536);
  const auto chunk = [](ByteView container) {
    return ByteView(container).subspan(28, LoadLe<std::uint32_t>(container.data() + 24));
  };
  const Bytes first =
      *WriteCompressionContainer(ContainerCodec::kXpressHuffman, AsBytes(text).first(65536));
  const Bytes second =
      *WriteCompressionContainer(ContainerCodec::kXpressHuffman, AsBytes(text).subspan(65536));
  Bytes both = ToBytes(chunk(first));
  Append(both, chunk(second));
  Bytes out(text.size());
  const auto status = DecompressXpressHuffman(both, out);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(AsText(out), text);
}

TEST(XpressHuffman, SurvivesBitFlips) {
  const Bytes good = *WriteCompressionContainer(ContainerCodec::kXpressHuffman, AsBytes(Prose(30)));
  Bytes out(AsBytes(Prose(30)).size());
  for (std::size_t bit = 0; bit < 8 * (good.size() - 28); ++bit) {
    Bytes bad = ToBytes(ByteView(good).subspan(28));
    bad[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    static_cast<void>(DecompressXpressHuffman(bad, out));
  }
}

}  // namespace
}  // namespace ww::delta
