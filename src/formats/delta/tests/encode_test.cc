#include "wimwright/delta/encode.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "delta_test_support.h"
#include "sample_images.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {
namespace {

void ExpectRoundTrip(ByteView source, ByteView target, const EncodeOptions& options = {}) {
  const auto delta = Encode(source, target, options);
  ASSERT_TRUE(delta) << delta.error().message;
  const auto result = Apply(source, *delta);
  ASSERT_TRUE(result) << source.size() << " -> " << target.size() << ": " << result.error().message;
  EXPECT_TRUE(std::ranges::equal(*result, target));
}

TEST(Encode, TinyAndEmptyInputs) {
  const std::string_view texts[] = {
      "", "a", "ab", "aa", "abc", "abcd", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
  for (const auto source : texts) {
    for (const auto target : texts) {
      ExpectRoundTrip(AsBytes(source), AsBytes(target));
      ExpectRoundTrip(AsBytes(source), AsBytes(target), {.hash_algorithm = 0});
    }
  }
}

TEST(Encode, EveryHash) {
  for (const std::uint32_t algorithm : {0u, 0x8003u, 0x8004u, 0x800Cu}) {
    ExpectRoundTrip(AsBytes("source"), AsBytes("target"), {.hash_algorithm = algorithm});
  }
  for (const std::uint32_t algorithm : {1u, 0x8001u, 0x8002u, 0x800Du}) {
    EXPECT_EQ(Encode({}, {}, {.hash_algorithm = algorithm}).error().code, Code::kUsage);
  }
}

TEST(Encode, EveryFormatAndPayload) {
  const Bytes before = RandomBytes(1, 5000);
  Bytes after = before;
  for (std::size_t i = 0; i < after.size(); i += 250) after[i] ^= std::byte{1};
  after.insert(after.end(), 700, std::byte{'x'});
  for (const auto format : {DeltaFormat::kPa30, DeltaFormat::kPa31}) {
    for (const auto payload : {DeltaPayload::kPatch, DeltaPayload::kLzms}) {
      for (const bool by_image : {false, true}) {
        for (const std::uint32_t hash : {0u, 0x800Cu}) {
          const EncodeOptions options{.hash_algorithm = hash,
                                      .crc_prefix = by_image,
                                      .format = format,
                                      .payload = payload,
                                      .by_image = by_image};
          ExpectRoundTrip(before, after, options);
          ExpectRoundTrip({}, after, options);
          ExpectRoundTrip(before, {}, options);
          ExpectRoundTrip({}, {}, options);
          ExpectRoundTrip(SampleX86Image(), SampleAmd64Image(), options);
        }
      }
    }
  }
}

// Two versions of an image: base, stamp and code differ.
TEST(Encode, ImagesGetTheTypeOfTheirSource) {
  for (const Bytes& source : {SampleX86Image(), SampleAmd64Image()}) {
    Bytes target = source;
    Put32(target, PeBuilder::time_stamp_at(), 0x5E5E5E5E);
    target[0x430] ^= std::byte{0x11};
    for (const auto format : {DeltaFormat::kPa30, DeltaFormat::kPa31}) {
      for (const auto payload : {DeltaPayload::kPatch, DeltaPayload::kLzms}) {
        const EncodeOptions options{.format = format, .payload = payload, .by_image = true};
        const auto header = ReadHeader(Encode(source, target, options).value());
        ASSERT_TRUE(header);
        EXPECT_EQ(header->file_type, source == SampleX86Image() ? 2u : 8u);
        EXPECT_EQ(header->source_hash.empty(), format == DeltaFormat::kPa30);
        ExpectRoundTrip(source, target, options);
        ExpectRoundTrip(source, AsBytes("a text"), options);
      }
    }
  }
}

TEST(Encode, RandomBytesOfManySizes) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const Bytes source = RandomBytes(seed, seed * 37 % 3000);
    const Bytes target = RandomBytes(seed + 1000, seed * 53 % 4000);
    ExpectRoundTrip(source, target);
  }
}

// Pieces of the source in another order, with new bytes and long runs between: every kind of match.
Bytes Shuffled(ByteView source, std::uint32_t seed, std::size_t size) {
  std::mt19937 random(seed);
  Bytes out;
  while (out.size() < size) {
    const std::size_t length = 1 + random() % (random() % 8 == 0 ? 5000 : 60);
    switch (random() % 4) {
      case 0:
        Append(out, RandomBytes(static_cast<std::uint32_t>(random()), length % 40));
        break;
      case 1:
        out.insert(out.end(), length, static_cast<std::byte>(random() % 4));
        break;
      default: {
        if (source.empty()) break;
        const std::size_t at = random() % source.size();
        Append(out, source.subspan(at, std::min(length, source.size() - at)));
        break;
      }
    }
  }
  return out;
}

TEST(Encode, StructuredPairs) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const Bytes source = Shuffled(RandomBytes(seed, 500), seed, 100 + seed * 400);
    ExpectRoundTrip(source, Shuffled(source, seed + 77, 50 + seed * 700));
    ExpectRoundTrip({}, source);
    ExpectRoundTrip(source, source);
  }
}

TEST(Encode, LongDistancesAndLongRuns) {
  const Bytes source = RandomBytes(5, 3u << 20);
  Bytes target(source.end() - 5000, source.end());
  Append(target, ByteView(source).first(5000));
  target.insert(target.end(), 1u << 20, std::byte{7});
  Append(target, ByteView(source).subspan(1234567, 4321));
  ExpectRoundTrip(source, target);
  const auto delta = Encode(source, target);
  EXPECT_LT(delta->size(), 400u);
}

TEST(Encode, SimilarFilesMakeSmallDeltas) {
  const Bytes source = RandomBytes(9, 100000);
  Bytes target = source;
  for (std::size_t i = 500; i < target.size(); i += 1000) target[i] ^= std::byte{0x5A};
  const auto delta = Encode(source, target);
  EXPECT_LT(delta->size(), 1200u);
  EXPECT_EQ(Apply(source, *delta).value(), target);
}

TEST(Encode, IsDeterministic) {
  const Bytes source = RandomBytes(1, 5000);
  const Bytes target = Shuffled(source, 2, 9000);
  EXPECT_EQ(*Encode(source, target), *Encode(source, target));
}

TEST(Encode, SizesOnManifestsAreNearThoseOfWindows) {
  WW_NEEDS_CORPUS("manifests");
  const Bytes base = Slurp(Corpus("manifests/base_manifest.bin"));
  for (const auto& entry : std::filesystem::directory_iterator(Corpus("manifests"))) {
    if (entry.path().extension() != ".manifest") continue;
    const Bytes file = Slurp(entry.path());
    const auto text = Apply(base, ByteView(file).subspan(4), Limits{});
    ASSERT_TRUE(text);
    const auto delta = Encode(base, *text, {.hash_algorithm = 0});
    EXPECT_EQ(Apply(base, *delta).value(), *text);
    EXPECT_LT(delta->size() + 4, file.size() * 5 / 4 + 40) << entry.path();
  }
}

}  // namespace
}  // namespace ww::delta
