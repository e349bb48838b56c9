// The fuzzers' seeds are made here, from our own images and encoder. WW_ACCEPT=1 writes them anew.
#include <gtest/gtest.h>

#include <cstdlib>

#include "container.h"
#include "delta_test_support.h"
#include "e8_pass.h"
#include "pe_pipeline.h"
#include "sample_images.h"
#include "stream_builder.h"
#include "wimwright/delta/apply.h"
#include "wimwright/delta/base_manifest.h"
#include "wimwright/delta/encode.h"
#include "wimwright/delta/store_wrapper.h"

namespace ww::delta {
namespace {

namespace fs = std::filesystem;

void ExpectSeed(const std::string& name, const Bytes& content) {
  // The folder of test data need not exist: git keeps no empty ones.
  const fs::path path = (fs::path(WW_TEST_DATA) / "../../fuzz/corpus" / name).lexically_normal();
  if (std::getenv("WW_ACCEPT") != nullptr) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << AsText(content);
    return;
  }
  EXPECT_EQ(Slurp(path), content) << name << " differs from what its generator makes now";
}

// The form that delta_apply_fuzz and delta_unwrap_fuzz take: size of the source, source, delta.
Bytes Joined(ByteView source, ByteView delta) {
  Bytes input;
  AppendLe(input, static_cast<std::uint32_t>(source.size()));
  Append(input, source);
  Append(input, delta);
  return input;
}

const EncodeOptions kNoHash{.hash_algorithm = 0};

std::string Prose(int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) text += "line " + std::to_string(i * i % 97) + " of the text\n";
  return text;
}

// A whole PE delta: the image moves apart at a few places and gets a new base and stamp.
Bytes PeDelta(const Bytes& source, std::uint64_t flags, std::uint32_t file_type) {
  PreprocessFields fields;
  fields.image_base = 0x30000000;
  fields.time_stamp = 0x4D5E6F70;
  fields.target_layout = {{0, 0}, {0x1000, 0x400}, {0x2000, 0x600}, {0x3000, 0x800}};
  fields.source_to_target = {{0, 0}, {0x1100, 0x1110}, {0x2080, 0x2090}, {0x3000, 0x3000}};
  const Bytes preprocess = WritePreprocess(fields);
  const auto parsed = ReadPreprocess(preprocess, Limits{});
  const auto normalised = NormaliseSource(source, *parsed, flags, {}, Limits{});
  EXPECT_TRUE(normalised) << normalised.error().message;
  Bytes target = normalised->image;
  target.insert(target.begin() + 0x480, 16, std::byte{0xCC});
  if ((flags & kFlagE8) != 0) UndoE8Pass(target, kE8Tail);
  const Bytes patch = EncodePatch(normalised->image, target, false);
  DeltaFields delta;
  delta.file_type_set = 0x0F;
  delta.file_type = file_type;
  delta.flags = flags;
  delta.target_size = target.size();
  delta.preprocess = preprocess;
  delta.patch = patch;
  return AssembleDelta(delta);
}

TEST(FuzzSeeds, Apply) {
  const std::string source = Prose(60);
  const std::string target = "first\n" + Prose(70);
  const struct {
    const char* name;
    Bytes source, delta;
  } seeds[] = {
      {"null", {}, *Encode({}, AsBytes("hello hello hello hello\n"), kNoHash)},
      {"hashed", ToBytes("abcdef"), *Encode(AsBytes("abcdef"), AsBytes("XYcdef"))},
      {"explicit", ToBytes(source), *Encode(AsBytes(source), AsBytes(target), kNoHash)},
      {"x86", SampleX86Image(), PeDelta(SampleX86Image(), 0x2E1FE, kFileTypeI386)},
      {"x86_e8", SampleX86Image(), PeDelta(SampleX86Image(), 0x2E1FF, kFileTypeI386)},
      {"amd64", SampleAmd64Image(), PeDelta(SampleAmd64Image(), 0x2E63E, kFileTypeAmd64)},
  };
  for (const auto& seed : seeds) {
    EXPECT_TRUE(Apply(seed.source, seed.delta)) << seed.name;
    ExpectSeed(std::string("delta_apply/") + seed.name, Joined(seed.source, seed.delta));
  }
}

TEST(FuzzSeeds, Unwrap) {
  const std::string base = "<?xml version=\"1.0\"?><assembly name=\"base\"></assembly>";
  const std::string text = "<?xml version=\"1.0\"?><assembly name=\"other\"></assembly>\r\n";
  const Bytes dcm = WrapDcm(*Encode(AsBytes(base), AsBytes(text), kNoHash));
  EXPECT_TRUE(Unwrap(dcm, AsBytes(base)));
  ExpectSeed("delta_unwrap/dcm", Joined(AsBytes(base), dcm));
  Bytes dcn = ToBytes(std::string_view("DCN\x01", 4));
  Append(dcn, *Encode({}, AsBytes(text)));
  ExpectSeed("delta_unwrap/dcn", Joined({}, dcn));
  // Two literals in LZMS would need an encoder: a block that is recognised and refused.
  Bytes dcs = ToBytes(std::string_view("DCS\x01", 4));
  for (const std::uint32_t v : {1u, 64u, 12u, 64u, 0u, 0u}) AppendLe(dcs, v);
  ExpectSeed("delta_unwrap/dcs", Joined({}, dcs));
}

TEST(FuzzSeeds, BaseManifest) {
  Bytes image = SampleX86Image();
  ExpectSeed("base_manifest/other_resource", image);
  EXPECT_FALSE(FindBaseManifest(image));
  // The same tree under type 614, name 1.
  Put32(image, 0x600 + 0x100 + 16, 614);
  EXPECT_EQ(AsText(FindBaseManifest(image).value()), "resource");
  ExpectSeed("base_manifest/type_614", image);
}

}  // namespace
}  // namespace ww::delta
