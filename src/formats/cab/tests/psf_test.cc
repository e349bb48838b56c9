// PSF files and their indexes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "express_package.h"
#include "test_psf.h"
#include "wimwright/delta/apply.h"

namespace ww::cab {
namespace {

using test::PsfBuilder;
using test::PsfxBuilder;
using testing::HasSubstr;

Result<std::unique_ptr<Members>> Open(const PsfBuilder& psf) {
  WW_TRY(auto index, ParsePsfIndex(AsBytes(psf.Index())), "test");
  return OpenPsf(MakeMemoryFile(psf.Psf()), std::move(index));
}

PsfBuilder Sample() {
  return PsfBuilder()
      .Raw("c\\f\\a.dll", "a delta, or what stands for one")
      .Packed("c\\b.dll", std::string(5000, 'b'))
      .Raw("c\\empty", "")
      .Packed("c\\c.dll", "of the newer form", "PA31");
}

TEST(Psf, RecordsAreMembers) {
  auto members = Open(Sample());
  ASSERT_TRUE(members) << members.error().message;
  const std::map<std::string, std::string> expected = {
      {"c\\f\\a.dll", "a delta, or what stands for one"},
      {"c\\b.dll", std::string(5000, 'b')},
      {"c\\empty", ""},
      {"c\\c.dll", "of the newer form"}};
  EXPECT_EQ(test::Contents(**members), expected);
  const auto& a = (*members)->list()[0];
  EXPECT_EQ(a.time, 133000000000000000u);
  EXPECT_EQ(a.attributes, 32u);
}

TEST(Psf, LargeRecordsComeInPieces) {
  std::string large(1 << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 7) large[i] = static_cast<char>(i);
  auto members = Open(PsfBuilder().Raw("large", large));
  ASSERT_TRUE(members);
  EXPECT_EQ(test::Contents(**members).at("large"), large);
}

TEST(Psf, EveryDamagedByteIsFound) {
  const PsfBuilder psf = Sample();
  const Bytes good = psf.Psf();
  for (std::size_t at = 0x80; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= std::byte{1};
    auto members = OpenPsf(MakeMemoryFile(bad), *ParsePsfIndex(AsBytes(psf.Index())));
    ASSERT_TRUE(members);
    std::vector<std::size_t> all = {0, 1, 2, 3};
    const auto read = (*members)->ReadMany(all, 1 << 20);
    ASSERT_FALSE(read) << at;
    EXPECT_EQ(read.error().code, Code::kVerificationFailed) << at;
  }
}

TEST(Psf, ATruncatedOneIsRefusedBeforeAnythingIsRead) {
  const PsfBuilder psf = Sample();
  Bytes cut = psf.Psf();
  cut.pop_back();
  auto members = OpenPsf(MakeMemoryFile(cut), *ParsePsfIndex(AsBytes(psf.Index())));
  ASSERT_FALSE(members);
  EXPECT_EQ(members.error().code, Code::kCorrupt);
  EXPECT_THAT(members.error().message, HasSubstr("incomplete download"));
  PsfIndex beyond = *ParsePsfIndex(AsBytes(psf.Index()));
  beyond.length.reset();
  beyond.records[1].offset = ~0ull - 10;
  EXPECT_EQ(OpenPsf(MakeMemoryFile(psf.Psf()), beyond).error().code, Code::kCorrupt);
}

TEST(Psf, HeadersAndEmbeddedIndexes) {
  const Bytes good = Sample().Psf();
  EXPECT_EQ(ReadPsfHeader(*MakeMemoryFile({})).error().code, Code::kCorrupt);
  EXPECT_EQ(ReadPsfHeader(*MakeMemoryFile(ToBytes("PSTREAM"))).error().code, Code::kCorrupt);
  Bytes old = good;
  old[8] = std::byte{1};
  EXPECT_EQ(ReadPsfHeader(*MakeMemoryFile(old)).error().code, Code::kUnsupported);
  EXPECT_EQ(ReadEmbeddedPsfIndex(*MakeMemoryFile(good)).error().code, Code::kNotFound);
  for (const bool packed : {false, true}) {
    const std::string xml = Sample().Index();
    const Bytes stored = packed ? *delta::Encode({}, AsBytes(xml)) : ToBytes(std::string_view(xml));
    Bytes with = good;
    StoreLe(with.data() + 0x28, static_cast<std::uint32_t>(with.size()));
    StoreLe(with.data() + 0x2C, static_cast<std::uint32_t>(stored.size()));
    Append(with, stored);
    const auto read = ReadEmbeddedPsfIndex(*MakeMemoryFile(with));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(AsText(*read), xml);
    with.pop_back();
    EXPECT_EQ(ReadEmbeddedPsfIndex(*MakeMemoryFile(with)).error().code, Code::kCorrupt);
  }
}

Code IndexCode(const std::string& files) {
  const auto index =
      ParsePsfIndex(AsBytes(R"(<Container xmlns="urn:ContainerIndex" type="PSF"><Files>)" + files +
                            "</Files></Container>"));
  return index ? Code{} : index.error().code;
}

TEST(PsfIndex, RefusesWhatIsNotKnown) {
  const std::string h = test::Hash("x");
  const auto file = [&](const std::string& delta) {
    return R"(<File id="1" name="a" length="1">)" + h + delta + "</File>";
  };
  const std::string source = R"(<Source type="RAW" offset="128" length="1">)" + h + "</Source>";
  EXPECT_EQ(IndexCode(file("<Delta>" + source + "</Delta>")), Code{});
  EXPECT_EQ(
      IndexCode(file("<Delta>" + source + "</Delta>") + file("<Delta>" + source + "</Delta>")),
      Code::kCorrupt)
      << "id twice";
  EXPECT_EQ(IndexCode(file("<Delta>" + source + "</Delta><Delta>" + source + "</Delta>")),
            Code::kUnsupported)
      << "several baselines";
  EXPECT_EQ(IndexCode(file("<Delta>" + source + R"(<Basis length="5"/></Delta>)")),
            Code::kUnsupported)
      << "basis";
  EXPECT_EQ(IndexCode(file("")), Code::kCorrupt);
  EXPECT_EQ(IndexCode(file("<Delta/>")), Code::kCorrupt);
  for (const std::string& bad : std::vector<std::string>{
           R"(<Source type="LZX" offset="128" length="1">)" + h + "</Source>",
           R"(<Source type="RAW" name="a" offset="128" length="1">)" + h + "</Source>",
           source + source,
       }) {
    EXPECT_EQ(IndexCode(file("<Delta>" + bad + "</Delta>")), Code::kUnsupported) << bad;
  }
  for (const std::string& bad : std::vector<std::string>{
           R"(<Source type="RAW" length="1">)" + h + "</Source>",
           R"(<Source type="RAW" offset="-1" length="1">)" + h + "</Source>",
           R"(<Source type="RAW" offset="99999999999999999999" length="1">)" + h + "</Source>",
           R"(<Source type="RAW" offset="1" length="2">)" + h + "</Source>",
           std::string(R"(<Source type="RAW" offset="1" length="1"/>)"),
       }) {
    EXPECT_EQ(IndexCode(file("<Delta>" + bad + "</Delta>")), Code::kCorrupt) << bad;
  }
  EXPECT_EQ(IndexCode(R"(<File id="1" name="..\a" length="1">)" + h + "<Delta>" + source +
                      "</Delta></File>"),
            Code::kCorrupt);
  EXPECT_EQ(ParsePsfIndex(AsBytes("<Container/>")).error().code, Code::kCorrupt);
  EXPECT_EQ(ParsePsfIndex(AsBytes("nonsense")).error().code, Code::kCorrupt);
  EXPECT_EQ(ParsePsfIndex(AsBytes(PsfxBuilder().Index())).error().code, Code::kUnsupported);
}

TEST(PsfxIndex, RefusesWhatIsNotKnown) {
  const std::string basis = "basis";
  const auto code = [](const PsfxBuilder& b, std::string_view version = "2") {
    const auto entries = ParsePsfxIndex(AsBytes(b.Index(version)));
    return entries ? Code{} : entries.error().code;
  };
  EXPECT_EQ(code(PsfxBuilder().Delta("c\\a", "t", "c\\f\\a", "r", &basis)), Code{});
  EXPECT_EQ(code(PsfxBuilder().Delta("c\\a", "t", "c\\f\\a", "r", &basis), "3"),
            Code::kUnsupported);
  EXPECT_EQ(
      code(PsfxBuilder().Add(
          "c\\a", "t", R"(<Source type="RAW" name="d\a">)" + test::Hash("other") + "</Source>")),
      Code::kCorrupt)
      << "carried over, but not the same";
  EXPECT_EQ(
      code(PsfxBuilder().Add("c\\a", "t",
                             R"(<Source type="RAW" name="d\a">)" + test::Hash("t") +
                                 R"(</Source><Basis length="1">)" + test::Hash("b") + "</Basis>")),
      Code::kUnsupported);
  EXPECT_EQ(code(PsfxBuilder().Add(
                "c\\a", "t",
                R"(<Source type="PA30" name="c\f\a" offset="1">)" + test::Hash("r") + "</Source>")),
            Code::kUnsupported);
  EXPECT_EQ(code(PsfxBuilder().Add("c\\a", "t",
                                   R"(<Source type="PA30" name="c\f\a">)" + test::Hash("r") +
                                       R"(</Source><Basis file="1"/>)")),
            Code::kUnsupported);
}

// ---- whole packages

std::unique_ptr<Members> Cabinet(const std::map<std::string, std::string>& content) {
  std::vector<test::TestFile> files;
  for (const auto& [name, text] : content) files.push_back({name, text});
  return *OpenCabinet(MakeMemoryFile(test::StoredCabinet(files)));
}

Result<ExpressPackage> Join(const std::map<std::string, std::string>& metadata,
                            const PsfBuilder& psf) {
  auto members = Cabinet(metadata);
  WW_TRY(auto index, ReadPsfIndexOf(*members), "test");
  return JoinExpress(std::move(members), std::move(index), MakeMemoryFile(psf.Psf()));
}

std::string NullDelta(const std::string& target) {
  return std::string(AsText(*delta::Encode({}, AsBytes(target), {.crc_prefix = true})));
}

TEST(Express, MetadataRecordsAndMadeFilesAreOneTree) {
  const std::string basis = "the old file";
  const std::string forward = std::string(
      AsText(*delta::Encode(AsBytes(basis), AsBytes("the new file"), {.crc_prefix = true})));
  const PsfBuilder psf = PsfBuilder()
                             .Raw("c\\f\\a.dll", forward)
                             .Raw("c\\n\\b.dll", NullDelta("made of nothing"))
                             .Raw("c\\d.dll", "whole")
                             .Raw("c.manifest", "the real manifest");
  const PsfxBuilder psfx = PsfxBuilder()
                               .Delta("c\\a.dll", "the new file", "c\\f\\a.dll", forward, &basis)
                               .Delta("c\\b.dll", "made of nothing", "c\\n\\b.dll",
                                      NullDelta("made of nothing"), nullptr)
                               .Carried("c\\e.dll", "as it was", "old\\e.dll");
  auto package = Join({{"update.mum", "<mum/>"},
                       {"c.manifest", "a placeholder"},
                       {"u.psf.cix.xml", psf.Index()},
                       {"PSFX.CIX", psfx.Index()}},
                      psf);
  ASSERT_TRUE(package) << package.error().message;
  const std::map<std::string, std::string> expected = {
      {"update.mum", "<mum/>"},        {"c.manifest", "the real manifest"},
      {"c\\f\\a.dll", forward},        {"c\\n\\b.dll", NullDelta("made of nothing")},
      {"c\\b.dll", "made of nothing"}, {"c\\d.dll", "whole"}};
  EXPECT_EQ(test::Contents(*package->members), expected);

  ASSERT_EQ(package->targets.size(), 2u);
  const PsfxTarget& a = package->targets[0];
  EXPECT_EQ(a.name, "c\\a.dll");
  EXPECT_EQ(a.length, 12u);
  EXPECT_EQ(a.basis.length, basis.size());
  EXPECT_EQ(a.basis.sha256, Sha256(AsBytes(basis)));
  ASSERT_TRUE(a.delta);
  const Bytes record = *package->members->Read(*a.delta, 1 << 20);
  EXPECT_EQ(AsText(*delta::Apply(AsBytes(basis), record)), "the new file");
  const PsfxTarget& e = package->targets[1];
  EXPECT_FALSE(e.delta);
  EXPECT_EQ(e.carried_from, "old\\e.dll");
  EXPECT_EQ(e.basis.sha256, Sha256(AsBytes("as it was")));
}

TEST(Express, RefusesWhatDoesNotFitTogether) {
  const PsfBuilder psf = PsfBuilder().Raw("c\\n\\b.dll", NullDelta("b"));
  const auto with = [&](const PsfxBuilder& psfx) {
    return Join({{"update.mum", ""}, {"u.psf.cix.xml", psf.Index()}, {"PSFX.CIX", psfx.Index()}},
                psf);
  };
  const std::string basis = "x";
  EXPECT_EQ(
      with(PsfxBuilder().Delta("c\\b.dll", "b", "c\\n\\absent.dll", "r", &basis)).error().code,
      Code::kCorrupt);
  // The record is not the one that was meant, or does not make the file.
  for (const auto& [record, target] :
       {std::pair<std::string, std::string>{"another", "b"}, {NullDelta("b"), "not b"}}) {
    auto package = with(PsfxBuilder().Delta("c\\b.dll", target, "c\\n\\b.dll", record, nullptr));
    ASSERT_TRUE(package) << package.error().message;
    const auto read = package->members->Read(*package->members->Find("c\\b.dll"), 100);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().code, Code::kInternal);
  }
  EXPECT_EQ(
      Join({{"a.psf.cix.xml", psf.Index()}, {"b.psf.cix.xml", psf.Index()}}, psf).error().code,
      Code::kCorrupt);
  EXPECT_EQ(with(PsfxBuilder().Carried("c\\n\\b.dll\\x", "y", "z")).has_value(), true);
  EXPECT_EQ(with(PsfxBuilder().Delta("c\\n\\b.dll", "b", "c\\n\\b.dll", NullDelta("b"), nullptr))
                .error()
                .code,
            Code::kCorrupt)
      << "a record and a file of one name";
}

// psf_fuzz's seed is made here. WW_ACCEPT=1 writes it anew.
TEST(Express, SeedOfTheFuzzer) {
  const std::string basis = "old";
  const PsfBuilder psf = PsfBuilder()
                             .Raw("c\\f\\a", "forward")
                             .Packed("c\\n\\b", NullDelta("bb"))
                             .Raw("c\\d", "whole");
  const PsfxBuilder psfx = PsfxBuilder()
                               .Delta("c\\a", "new", "c\\f\\a", "forward", &basis)
                               .Delta("c\\b", "bb", "c\\n\\b", NullDelta("bb"), nullptr)
                               .Carried("c\\e", "same", "o\\e");
  Bytes seed;
  AppendLe(seed, static_cast<std::uint32_t>(psf.Index().size()));
  AppendLe(seed, static_cast<std::uint32_t>(psfx.Index().size()));
  Append(seed, AsBytes(psf.Index()));
  Append(seed, AsBytes(psfx.Index()));
  Append(seed, psf.Psf());
  const auto path =
      (std::filesystem::path(WW_TEST_DATA) / "../../fuzz/corpus/psf/express").lexically_normal();
  if (std::getenv("WW_ACCEPT") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << AsText(seed);
    return;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string stored((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(stored, AsText(seed)) << "run again with WW_ACCEPT=1";
}

}  // namespace
}  // namespace ww::cab
