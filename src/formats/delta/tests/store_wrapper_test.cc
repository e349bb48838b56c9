#include "wimwright/delta/store_wrapper.h"

#include <gtest/gtest.h>
#include <wimlib.h>

#include "delta_test_support.h"
#include "sample_images.h"
#include "wimwright/base/handle.h"
#include "wimwright/delta/base_manifest.h"
#include "wimwright/delta/encode.h"

namespace ww::delta {
namespace {

Bytes Prefixed(char letter, ByteView rest) {
  Bytes file = ToBytes("DC");
  file.push_back(static_cast<std::byte>(letter));
  file.push_back(std::byte{1});
  Append(file, rest);
  return file;
}

TEST(Wrapper, IsKnownByItsFirstFourBytes) {
  const std::pair<char, Wrapper> known[] = {{'M', Wrapper::kDcm}, {'N', Wrapper::kDcn},
                                            {'D', Wrapper::kDcd}, {'S', Wrapper::kDcs},
                                            {'H', Wrapper::kDch}, {'X', Wrapper::kDcx}};
  for (const auto& [letter, wrapper] : known) {
    EXPECT_EQ(DetectWrapper(Prefixed(letter, {})), wrapper);
    EXPECT_EQ(WrapperName(wrapper), std::string("DC") + letter);
  }
  EXPECT_EQ(DetectWrapper(Prefixed('Q', {})), Wrapper::kNone);
  EXPECT_EQ(DetectWrapper(AsBytes("DCM\x02")), Wrapper::kNone);
  EXPECT_EQ(DetectWrapper(AsBytes("DCM")), Wrapper::kNone);
  EXPECT_EQ(DetectWrapper({}), Wrapper::kNone);
}

TEST(Wrapper, BareDeltasAreKnownWithAndWithoutCrc) {
  EXPECT_TRUE(IsDelta(AsBytes("PA30....")));
  EXPECT_TRUE(IsDelta(AsBytes("PA31....")));
  EXPECT_TRUE(IsDelta(AsBytes("PA19....")));
  EXPECT_TRUE(IsDelta(AsBytes("crc.PA30")));
  EXPECT_FALSE(IsDelta(AsBytes("crc.PA3")));
  EXPECT_FALSE(IsDelta(AsBytes("MZ......")));
  EXPECT_FALSE(IsDelta({}));
}

TEST(Unwrap, PlainFilesComeBackAsTheyAre) {
  EXPECT_EQ(Unwrap(AsBytes("<?xml ..."), {}).value(), ToBytes("<?xml ..."));
  EXPECT_TRUE(Unwrap({}, {}).value().empty());
}

constexpr std::string_view kBase = "<?xml version=\"1.0\"?><assembly name=\"base\"></assembly>";
constexpr std::string_view kText =
    "<?xml version=\"1.0\"?><assembly name=\"x\"><file/></assembly>\r\n";
const EncodeOptions kNoHash{.hash_algorithm = 0};

TEST(Unwrap, DcmIsADeltaAgainstTheBaseManifest) {
  const Bytes file = WrapDcm(*Encode(AsBytes(kBase), AsBytes(kText), kNoHash));
  EXPECT_EQ(DetectWrapper(file), Wrapper::kDcm);
  EXPECT_EQ(AsText(Unwrap(file, AsBytes(kBase)).value()), kText);
  EXPECT_EQ(Unwrap(file, {}).error().code, Code::kPrerequisiteMissing);
}

TEST(Unwrap, DcmThatIsNoManifestIsRefused) {
  for (const std::string_view text : {"some other text", "<?xml?><assembly>", "x</assembly>", ""}) {
    const Bytes file = WrapDcm(*Encode(AsBytes(kBase), AsBytes(text), kNoHash));
    const auto result = Unwrap(file, AsBytes(kBase));
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, Code::kVerificationFailed);
  }
  const std::string bom = "\xEF\xBB\xBF<assembly></assembly>";
  EXPECT_TRUE(Unwrap(WrapDcm(*Encode(AsBytes(kBase), AsBytes(bom), kNoHash)), AsBytes(kBase)));
}

TEST(Unwrap, DcnHasNoBaseAndDcdAnotherVersion) {
  const Bytes content = ToBytes("content of a file, content of a file");
  EXPECT_EQ(Unwrap(Prefixed('N', *Encode({}, content)), AsBytes("ignored")).value(), content);
  Bytes dcd = Hex("0100b11d0a000000");  // version words of unknown meaning
  Append(dcd, *Encode(AsBytes(kBase), content));
  EXPECT_EQ(Unwrap(Prefixed('D', dcd), AsBytes(kBase)).value(), content);
  EXPECT_FALSE(Unwrap(Prefixed('D', AsBytes("1234")), AsBytes(kBase)));
}

TEST(Unwrap, DchAndDcxAreRefusedByName) {
  for (const char letter : {'H', 'X'}) {
    const auto result = Unwrap(Prefixed(letter, AsBytes("12345678")), {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kUnsupported);
    EXPECT_NE(result.error().message.find(std::string("DC") + letter), std::string::npos);
  }
}

// ---- DCS

Bytes CompressLzms(ByteView plain) {
  wimlib_compressor* raw = nullptr;
  EXPECT_EQ(wimlib_create_compressor(WIMLIB_COMPRESSION_TYPE_LZMS, plain.size(), 50, &raw), 0);
  const Handle<wimlib_compressor, &wimlib_free_compressor> compressor(raw);
  Bytes out(plain.size());
  out.resize(wimlib_compress(plain.data(), plain.size(), out.data(), out.size(), compressor.get()));
  EXPECT_FALSE(out.empty());
  return out;
}

struct Dcs {
  std::uint32_t blocks = 0;
  std::uint32_t total = 0;
  Bytes body;

  Dcs& Block(ByteView plain) {
    const Bytes data = CompressLzms(plain);
    AppendLe(body, static_cast<std::uint32_t>(data.size() + 4));
    AppendLe(body, static_cast<std::uint32_t>(plain.size()));
    Append(body, data);
    ++blocks;
    total += static_cast<std::uint32_t>(plain.size());
    return *this;
  }
  Bytes File() const {
    Bytes rest;
    AppendLe(rest, blocks);
    AppendLe(rest, total);
    Append(rest, body);
    return Prefixed('S', rest);
  }
};

TEST(Dcs, BlocksAreJoined) {
  Bytes first = ToBytes(std::string(5000, 'a'));
  Bytes second;
  for (int i = 0; i < 400; ++i) Append(second, AsBytes("line " + std::to_string(i % 17)));
  const Bytes file = Dcs().Block(first).Block(second).File();
  Bytes expected = first;
  Append(expected, second);
  EXPECT_EQ(Unwrap(file, {}).value(), expected);
  EXPECT_TRUE(Unwrap(Prefixed('S', Hex("0000000000000000")), {}).value().empty());
}

TEST(Dcs, RefusesHeadersThatDoNotAddUp) {
  const Bytes plain = ToBytes(std::string(5000, 'a'));
  const auto code = [](const Bytes& file, const Limits& limits = {}) {
    const auto result = Unwrap(file, {}, limits);
    return result ? Code{} : result.error().code;
  };
  Dcs dcs;
  dcs.Block(plain);
  EXPECT_EQ(code(dcs.File()), Code{});
  EXPECT_EQ(code(dcs.File(), {.max_target = 4999}), Code::kLimit);
  Dcs more = dcs;
  ++more.total;
  EXPECT_EQ(code(more.File()), Code::kCorrupt);
  Dcs less = dcs;
  --less.total;
  EXPECT_EQ(code(less.File()), Code::kCorrupt);
  Dcs missing = dcs;
  ++missing.blocks;
  EXPECT_EQ(code(missing.File()), Code::kCorrupt);
  Dcs trailing = dcs;
  trailing.body.push_back(std::byte{0});
  EXPECT_EQ(code(trailing.File()), Code::kCorrupt);
  Dcs cut = dcs;
  cut.body.resize(cut.body.size() - 2);
  EXPECT_EQ(code(cut.File()), Code::kCorrupt);
}

// libwim crashes when asked for one or two bytes; nothing in a DCS file may make us ask.
TEST(Dcs, TinyBlocksNeverReachLibwim) {
  for (const std::uint32_t plain : {0u, 1u, 2u}) {
    Bytes rest;
    for (const std::uint32_t v : {1u, plain, 12u, plain, 0u, 0x40u}) AppendLe(rest, v);
    EXPECT_FALSE(Unwrap(Prefixed('S', rest), {})) << plain;
  }
}

// ---- base manifest

// The sample's resources under type 614, name 1; the data at kRoot + 0x68.
constexpr std::uint32_t kRoot = 0x700;
Bytes WcpDll() {
  Bytes image = SampleX86Image();
  Put32(image, kRoot + 16, 614);
  return image;
}
Code FindingFails(const Bytes& image) {
  const auto result = FindBaseManifest(image);
  return result ? Code{} : result.error().code;
}

TEST(BaseManifest, IsTheResource614Name1OfAnyLanguage) {
  EXPECT_EQ(AsText(FindBaseManifest(WcpDll()).value()), "resource");
  Bytes other = WcpDll();
  Put32(other, kRoot + 0x30 + 16, 0x407);
  EXPECT_TRUE(FindBaseManifest(other));
}

TEST(BaseManifest, OtherResourcesAreNotIt) {
  EXPECT_EQ(FindingFails(SampleX86Image()), Code::kNotFound);
  Bytes name = WcpDll();
  Put32(name, kRoot + 0x18 + 16, 2);
  EXPECT_EQ(FindingFails(name), Code::kNotFound);
  Bytes no_language = WcpDll();
  Put<std::uint16_t>(no_language, kRoot + 0x30 + 14, 0);
  EXPECT_EQ(FindingFails(no_language), Code::kNotFound);
  Bytes none = WcpDll();
  Put32(none, PeBuilder(kMachineI386).directories_at() + 8 * kDirResource, 0);
  EXPECT_EQ(FindingFails(none), Code::kNotFound);
}

TEST(BaseManifest, NothingMayLeadOutOfTheFile) {
  EXPECT_EQ(FindingFails({}), Code::kCorrupt);
  const std::pair<std::uint32_t, std::uint32_t> hostile[] = {
      {kRoot + 20, 0x18},               // data where a directory belongs
      {kRoot + 20, 0xFFFFFFF0},         // directory far away
      {kRoot + 20, 0x8000006C},         // cut off by the directory's end
      {kRoot + 0x30 + 20, 0x7FFFFFFF},  // leaf far away
      {kRoot + 0x30 + 20, 0x80000048},  // a fourth level
      {kRoot + 0x48, 0x5000},           // data in no section
      {kRoot + 0x48 + 4, 0},            // of no size
      {kRoot + 0x48 + 4, 0x10000},      // beyond the file
  };
  for (const auto& [at, value] : hostile) {
    Bytes image = WcpDll();
    Put32(image, at, value);
    EXPECT_EQ(FindingFails(image), Code::kCorrupt) << std::hex << at << " " << value;
  }
  Bytes big = WcpDll();
  Put32(big, kRoot + 0x48 + 4, (1u << 20) + 1);
  EXPECT_EQ(FindingFails(big), Code::kLimit);
  Bytes many = WcpDll();
  Put<std::uint16_t>(many, kRoot + 12, 0xFFFF);
  EXPECT_EQ(FindingFails(many), Code::kLimit);
}

}  // namespace
}  // namespace ww::delta
