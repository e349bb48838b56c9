// Deltas that Windows made, applied to the files that Windows applied them to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta_test_support.h"
#include "wimwright/delta/apply.h"
#include "wimwright/delta/store_wrapper.h"

namespace ww::delta {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RawVectors : public testing::TestWithParam<const char*> {};

TEST_P(RawVectors, RebuildTheTarget) {
  WW_NEEDS_CORPUS("delta/raw");
  const std::string target = GetParam();
  const Bytes source = Slurp(Corpus("delta/raw/cmd.exe"));
  const Bytes delta = Slurp(Corpus("delta/raw/cmd__to__" + target + "__raw.pa30"));
  const auto result = Apply(source, delta);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, Slurp(Corpus("delta/raw/" + target + ".exe")));
}
INSTANTIATE_TEST_SUITE_P(All, RawVectors, testing::Values("notepad", "where"),
                         [](const auto& p) { return std::string(p.param); });

class PeVectors : public testing::TestWithParam<const char*> {};

TEST_P(PeVectors, RebuildTheTarget) {
  WW_NEEDS_CORPUS("delta/pe");
  const fs::path dir = Corpus("delta/pe") / GetParam();
  const Bytes delta = Slurp(dir / "delta.pa30");
  const auto header = ReadHeader(delta);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->hash_algorithm, 0x800Cu);
  const auto result = Apply(Slurp(dir / "base.bin"), delta);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, Slurp(dir / "target.bin"));
}

TEST_P(PeVectors, RefuseAChangedSource) {
  WW_NEEDS_CORPUS("delta/pe");
  const fs::path dir = Corpus("delta/pe") / GetParam();
  Bytes source = Slurp(dir / "base.bin");
  source[source.size() / 2] ^= std::byte{1};
  const auto result = Apply(source, Slurp(dir / "delta.pa30"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kVerificationFailed);
}
INSTANTIATE_TEST_SUITE_P(All, PeVectors,
                         testing::Values("amd64_kbdwol", "amd64_provdiagnostics", "wow64_kbdmaori"),
                         [](const auto& p) { return std::string(p.param); });

TEST(ManagedVectors, RebuildTheTarget) {
  WW_NEEDS_CORPUS("delta/managed");
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(Corpus("delta/managed"))) {
    const auto result =
        Apply(Slurp(entry.path() / "source.dll"), Slurp(entry.path() / "delta.pa30"));
    ASSERT_TRUE(result) << entry.path() << ": " << result.error().message;
    EXPECT_EQ(*result, Slurp(entry.path() / "target.dll")) << entry.path();
    ++seen;
  }
  EXPECT_EQ(seen, 10);
}

TEST(HostileVectors, AreRefusedWhateverTheSource) {
  WW_NEEDS_CORPUS("delta/hostile");
  const Bytes sources[] = {{},
                           Slurp(Corpus("delta/raw/cmd.exe")),
                           Slurp(Corpus("delta/pe/amd64_provdiagnostics/base.bin")),
                           Slurp(Corpus("delta/pe/wow64_kbdmaori/base.bin"))};
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(Corpus("delta/hostile"))) {
    for (const auto& source : sources) {
      const auto result = Apply(source, Slurp(entry.path()));
      EXPECT_FALSE(result) << entry.path() << " against " << source.size() << " bytes";
    }
    ++seen;
  }
  EXPECT_EQ(seen, 4);
}

struct Manifest {
  const char* name;
  std::size_t size;
  const char* sha256;
  const char* identity;  // of the root, as the name states it
};

// delta-formats.md 19, stage A.
const Manifest kManifests[] = {
    {"amd64_microsoft-windows-core_31bf3856ad364e35_10.0.26100.1_none_a943f5e781a44c5c", 415,
     "35e21bbbdb4854ff60fb599a00fd7562dc0b4491f138b1d7dd89fba5e4b568e9", "Microsoft-Windows-Core"},
    {"amd64_multipoint-srcres.resources_31bf3856ad364e35_10.0.26100.1_en-us_6ab3ac0cf789ac3d", 1961,
     "acb6e9128fe1b325f0d4c6fc3f16bc69d580980601c59e17c4d831cdc7a57ec1",
     "MultiPoint-SrcRes.Resources"},
    {"amd64_microsoft-windows-font-truetype-gadugi_31bf3856ad364e35_10.0.26100.1_none_"
     "e1326a4c8dcc8ee1",
     2305, "4eeda2114f9d1ce154ae88434202a2d483c02cb98df30f3886d855108d31de1b",
     "Microsoft-Windows-Font-TrueType-Gadugi"},
    {"amd64_dual_netvg63a.inf_31bf3856ad364e35_10.0.26100.1_none_9162a10543917fc7", 52889,
     "bbc5cf55df9876c5684f41aaefdced6ac56bdffc85906eef833ef4546ebeacb5", "dual_netvg63a.inf"},
};

TEST(Manifests, DecodeAgainstTheBaseManifest) {
  WW_NEEDS_CORPUS("manifests");
  const Bytes base = Slurp(Corpus("manifests/base_manifest.bin"));
  for (const auto& m : kManifests) {
    const Bytes file = Slurp(Corpus("manifests") / (std::string(m.name) + ".manifest"));
    ASSERT_EQ(DetectWrapper(file), Wrapper::kDcm) << m.name;
    const auto text = Unwrap(file, base);
    ASSERT_TRUE(text) << m.name << ": " << text.error().message;
    EXPECT_EQ(text->size(), m.size);
    EXPECT_EQ(Sha256Hex(*text), m.sha256) << m.name;
    EXPECT_THAT(std::string(AsText(*text)), HasSubstr("name=\"" + std::string(m.identity) + "\""));
  }
}

// The one check against a wrong base that the format itself offers, for tables told explicitly.
TEST(Manifests, RefuseABaseOfAnotherLength) {
  WW_NEEDS_CORPUS("manifests");
  Bytes base = Slurp(Corpus("manifests/base_manifest.bin"));
  base.push_back(std::byte{' '});
  const auto file = Slurp(Corpus("manifests") / (std::string(kManifests[3].name) + ".manifest"));
  const auto text = Unwrap(file, base);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Code::kVerificationFailed);
}

}  // namespace
}  // namespace ww::delta
