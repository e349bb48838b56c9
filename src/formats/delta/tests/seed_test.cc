// The fuzzers' seeds are made here, from our own images and encoder. WW_ACCEPT=1 writes them anew.
#include <gtest/gtest.h>

#include <cstdlib>

#include "container.h"
#include "delta_test_support.h"
#include "e8_pass.h"
#include "encode_payload.h"
#include "encode_preprocess.h"
#include "managed_builder.h"
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

// The same in the forms of current updates: PA31, LZMS, diff programs, reversal data.
TEST(FuzzSeeds, ApplyCurrentForms) {
  const std::string source = Prose(60);
  const std::string target = Prose(30) + "other\n" + Prose(40);
  const auto encoded = [](ByteView from, ByteView to, DeltaPayload payload, bool by_image) {
    return *Encode(from, to,
                   {.hash_algorithm = 0,
                    .crc_prefix = by_image,
                    .format = DeltaFormat::kPa31,
                    .payload = payload,
                    .by_image = by_image});
  };
  Bytes image = SampleAmd64Image();
  image[0x444] ^= std::byte{1};
  BitWriter copies, reversal;
  for (const std::uint32_t v : {0u, 0u}) copies.Bits(v, 32);
  WriteRift(copies, std::vector<RiftEntry>{{0, 0}, {10, 16}});
  for (const int length : {10, 3}) WriteInt(copies, length);
  reversal.Bits(0x4D535250, 32);
  reversal.Bits(1, 32);
  reversal.Buffer(copies.Finish());
  const Bytes reversal_data = reversal.Finish();
  DeltaFields reverse;
  reverse.file_type_set = 0x101;
  reverse.target_size = 13;
  reverse.patch = reversal_data;
  const struct {
    const char* name;
    Bytes source, delta;
  } seeds[] = {
      {"pa31", ToBytes(source),
       encoded(AsBytes(source), AsBytes(target), DeltaPayload::kPatch, false)},
      {"lzms_target", {}, encoded({}, AsBytes(target), DeltaPayload::kLzms, false)},
      {"lzms_diff", ToBytes(source),
       encoded(AsBytes(source), AsBytes(target), DeltaPayload::kLzms, false)},
      {"lzms_image", SampleAmd64Image(),
       encoded(SampleAmd64Image(), image, DeltaPayload::kLzms, true)},
      {"reversal", ToBytes("The quick brown fox"), AssembleDelta(reverse)},
  };
  for (const auto& seed : seeds) {
    const auto made = Apply(seed.source, seed.delta);
    EXPECT_TRUE(made) << seed.name << ": " << made.error().message;
    ExpectSeed(std::string("delta_apply/") + seed.name, Joined(seed.source, seed.delta));
  }
}

TEST(FuzzSeeds, Managed) {
  const std::vector<std::uint32_t> method{ManagedBuilder::BodyRva(0), 0, 0, 0, 1, 1};
  const Bytes image = ManagedBuilder()
                          .Table(0, {{0, 1, 1, 0, 0}})
                          .Table(kCliTypeDef, {{0, 1, 1, 5, 1, 1}, {0, 1, 1, 5, 1, 1}})
                          .Table(kCliMethodDef, {method, method, method})
                          .Table(kCliGenericParam, {{0, 0, 3, 1}})
                          .Strings(std::string_view("\0a\0\0", 4))
                          .UserStrings(std::string_view("\0\3a\0\0", 5))
                          .Blobs(std::string_view("\0\x05\x00\x01\x08\x12\x04", 7))
                          .Guids("0123456789abcdef")
                          .Body(0, std::string_view("\x2E\x28\x01\0\0\x06\x72\x01\0\0\x70*", 12))
                          .Build();
  Preprocess p;
  p.image_base = 0x30000000;
  p.target_layout = RiftTable({{0, 0}, {kTextRva, 0x400}});
  p.target_cli = LayoutOf(image);
  p.target_cli->wide_strings = true;
  p.cli_map.tables[kCliMethodDef] = RiftTable({{1, 2}});
  p.cli_map.tables[kCliTypeDef] = RiftTable({{0, 0}, {2, 3}});
  p.cli_map.heaps[kCliUserStrings] = RiftTable({{1, 9}});
  const Bytes buffer = WritePreprocess(p);
  for (const auto& [name, choice] : {std::pair{"legacy", 0x07}, {"cli4", 0x1E}}) {
    Bytes input{static_cast<std::byte>(choice)};
    AppendLe(input, static_cast<std::uint32_t>(buffer.size()));
    Append(input, buffer);
    Append(input, image);
    ExpectSeed(std::string("delta_managed/") + name, input);
  }
}

TEST(FuzzSeeds, Container) {
  const std::string text = Prose(40);
  for (const auto& [name, codec] : {std::pair{"lzms", ContainerCodec::kLzms},
                                    {"xpress_huffman", ContainerCodec::kXpressHuffman}}) {
    const Bytes whole = *WriteCompressionContainer(codec, AsBytes(text));
    ExpectSeed(std::string("delta_container/") + name, whole);
    Bytes bare{static_cast<std::byte>(codec)};
    AppendLe(bare, static_cast<std::uint32_t>(text.size()));
    AppendLe<std::uint32_t>(bare, 65536);
    Append(bare, ByteView(whole).subspan(24));
    ExpectSeed(std::string("delta_container/") + name + "_bare", bare);
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
