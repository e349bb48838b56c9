#include "wimwright/cab/update_package.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "properties.h"
#include "test_psf.h"
#include "wimwright/cab/aggregated_metadata.h"
#include "wimwright/cab/scan.h"

namespace ww::cab {
namespace {

namespace stdfs = std::filesystem;
using test::StoredCabinet;
using test::TestFile;

const stdfs::path kPackages = stdfs::path(WW_CORPUS) / "packages";

std::string Text(const Bytes& bytes) { return std::string(AsText(bytes)); }

std::string PlainCab() {
  return Text(
      StoredCabinet({{"update.mum", "<mum/>"}, {"update.cat", "cat"}, {"x86_a\\a.dll", "dll"}}));
}

Result<UpdateFile> Open(const stdfs::path& path) { return OpenUpdate(RealFileSystem(), path, {}); }

Code CodeOf(const test::TempDir& temp, const std::vector<TestFile>& files) {
  const auto opened = Open(temp.Write("case.bin", StoredCabinet(files)));
  return opened ? Code{0} : opened.error().code;
}

TEST(Update, BareCabinetIsOnePackage) {
  const test::TempDir temp;
  auto update = Open(temp.Write("Windows10.0-KB1-x64.cab", PlainCab()));
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_EQ(update->kind, ContainerKind::kCab);
  EXPECT_EQ(update->container_text, "cabinet");
  ASSERT_EQ(update->packages.size(), 1U);
  EXPECT_EQ(update->packages[0]->name, "Windows10.0-KB1-x64.cab");
  EXPECT_EQ(update->packages[0]->packaging, "plain");
  EXPECT_EQ(test::Contents(update->packages[0]->members()).at("x86_a\\a.dll"), "dll");
}

TEST(Update, MsuGivesPackagesPropertiesAndTheRest) {
  const test::TempDir temp;
  const auto msu =
      temp.Write("renamed.bin",
                 StoredCabinet({{"WSUSSCAN.cab", "not looked at"},
                                {"Windows10.0-KB1-x64.cab", PlainCab()},
                                {"SSU-1-x64.cab", PlainCab()},
                                {"tool.cab", Text(StoredCabinet({{"setup.dll", "x"}}))},
                                {"Windows10.0-KB1-x64.xml", "<unattend/>"},
                                {"Windows10.0-KB1-x64-pkgProperties.txt",
                                 "KB Article Number=\"1\"\r\nApplies to=\"Windows 10.0\"\r\n"}}));
  auto update = Open(msu);
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_EQ(update->kind, ContainerKind::kMsu);
  EXPECT_EQ(update->container_text, "MSU (cabinet)");
  EXPECT_EQ(update->properties.at("KB Article Number"), "1");
  ASSERT_EQ(update->packages.size(), 2U);
  EXPECT_EQ(update->packages[0]->name, "Windows10.0-KB1-x64.cab");
  EXPECT_EQ(update->packages[1]->name, "SSU-1-x64.cab");
  EXPECT_EQ(update->other_members,
            (std::vector<std::string>{"WSUSSCAN.cab", "tool.cab", "Windows10.0-KB1-x64.xml",
                                      "Windows10.0-KB1-x64-pkgProperties.txt"}));
}

TEST(Update, CabinetSetIsOneTree) {
  const test::TempDir temp;
  const auto one = Text(StoredCabinet({{"update.mum", "<mum/>"}, {"a", "1"}}));
  const auto two = Text(StoredCabinet({{"x\\b", "2"}}));
  auto update = Open(temp.Write(
      "set.cab",
      StoredCabinet(
          {{"cablist.ini", "[x]"}, {"Cab2.cab", two}, {"Cab1.cab", one}, {"beside", "3"}})));
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_EQ(update->container_text, "cabinet (cabinet set)");
  const std::map<std::string, std::string> expected = {
      {"update.mum", "<mum/>"}, {"a", "1"}, {"x\\b", "2"}, {"beside", "3"}};
  EXPECT_EQ(test::Contents(update->packages[0]->members()), expected);
  const auto b = update->packages[0]->members().Find("x\\b");
  ASSERT_TRUE(b);
  EXPECT_EQ(AsText(*update->packages[0]->members().Read(*b, 10)), "2");

  EXPECT_EQ(CodeOf(temp, {{"cablist.ini", ""}, {"Cab1.cab", one}, {"Cab3.cab", two}}),
            Code::kCorrupt)
      << "gap";
  EXPECT_EQ(CodeOf(temp, {{"cablist.ini", ""}, {"Cab1.cab", one}, {"Cab2.cab", one}}),
            Code::kCorrupt)
      << "double";
  EXPECT_EQ(CodeOf(temp, {{"cablist.ini", ""}}), Code::kCorrupt) << "empty";
}

TEST(Update, CabinetsInCabinetsDoNotNestFurther) {
  const test::TempDir temp;
  std::string inner = PlainCab();
  for (int i = 0; i < 50; ++i) {
    inner = Text(StoredCabinet({{"cablist.ini", ""}, {"Cab1.cab", inner}}));
  }
  EXPECT_EQ(CodeOf(temp, {{"Windows10.0-KB1-x64.cab", inner}, {"a-pkgProperties.txt", ""}}),
            Code::kUnsupported);
  inner = PlainCab();
  for (int i = 0; i < 50; ++i) inner = Text(StoredCabinet({{"Windows10.0-KB1-x64.cab", inner}}));
  EXPECT_EQ(CodeOf(temp, {{"Windows10.0-KB1-x64.cab", inner}}), Code::kUnsupported);
}

TEST(Update, RefusesShapesThatWouldBeHalfAnUpdate) {
  const test::TempDir temp;
  const auto express = Text(
      StoredCabinet({{"update.mum", ""}, {"express.psf.cix.xml", test::PsfBuilder().Index()}}));
  EXPECT_EQ(CodeOf(temp, {{"update.mum", ""}, {"express.psf.cix.xml", test::PsfBuilder().Index()}}),
            Code::kUnsupported)
      << "no PSF beside it";
  EXPECT_EQ(CodeOf(temp, {{"update.mum", ""}, {"express.psf.cix.xml", ""}}), Code::kCorrupt);
  EXPECT_EQ(CodeOf(temp, {{"Windows11.0-KB1-x64.cab", express}, {"WSUSSCAN.cab", ""}}),
            Code::kUnsupported);
  EXPECT_EQ(
      CodeOf(temp, {{"Windows11.0-KB1-x64.cab", PlainCab()}, {"Windows11.0-KB1-x64.psf", ""}}),
      Code::kUnsupported)
      << "a PSF that nobody indexes";
  EXPECT_EQ(
      CodeOf(temp, {{"update.mum", ""}, {"microsoft-windows-fodmetadataservicing-x~.mum", ""}}),
      Code::kUnsupported);
  EXPECT_EQ(CodeOf(temp, {{"package.cab", ""}, {"index.xml", ""}}), Code::kUnsupported)
      << "scan catalogue";
  EXPECT_EQ(CodeOf(temp, {{"setup.dll", "x"}}), Code::kUnsupported) << "setup update";
  EXPECT_EQ(CodeOf(temp, {{"KB1.cab", Text(StoredCabinet({{"a", "b"}}))}}), Code::kUnsupported);
  EXPECT_EQ(CodeOf(temp, {{"KB1.cab", "MSCF"}, {"x-pkgProperties.txt", ""}}), Code::kCorrupt);
}

TEST(Update, OtherFilesAreRefusedByName) {
  const test::TempDir temp;
  using std::string_literals::operator""s;
  const std::pair<std::string, ContainerKind> cases[] = {
      {"MZ\x90\0\3\0\0\0\4\0"s, ContainerKind::kExe},
      {"PSTREAM\0\2\0\2\0"s, ContainerKind::kPsf},
      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more", ContainerKind::kMsp},
      {"WLPWM\0\0\0"s, ContainerKind::kWim},
      {"MSWIM\0\0\0 but broken"s, ContainerKind::kWim},
      {"hello", ContainerKind::kUnknown},
      {"", ContainerKind::kUnknown},
  };
  for (const auto& [content, kind] : cases) {
    const auto path = temp.Write("update.msu", content);
    EXPECT_EQ(*Identify(RealFileSystem(), path), kind);
    const auto opened = Open(path);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kUnsupported) << opened.error().message;
  }
  EXPECT_EQ(Open(temp.path() / "absent").error().code, Code::kNotFound);
}

TEST(Update, WimIsAnMsuOnlyWithPackagesInside) {
  if (!test::HaveTool("wimlib-imagex")) GTEST_SKIP() << "needs wimlib-imagex";
  const test::TempDir temp;
  temp.Write("msu/SSU-1-x64.cab", "x");
  temp.Write("msu/Windows11.0-KB1-x64.psf", "x");
  temp.Write("image/Windows/notepad.exe", "x");
  const auto capture = [&temp](const std::string& name) {
    return test::Shell(fmt::format("cd '{0}' && wimlib-imagex capture {1} {1}.wim --compress=none",
                                   temp.path().string(), name));
  };
  ASSERT_EQ(capture("msu"), 0);
  ASSERT_EQ(capture("image"), 0);
  EXPECT_EQ(*Identify(RealFileSystem(), temp.path() / "msu.wim"), ContainerKind::kMsuWim);
  EXPECT_EQ(*Identify(RealFileSystem(), temp.path() / "image.wim"), ContainerKind::kWim);
}

// ---- express packages

struct Express {
  test::PsfBuilder psf;
  std::string cab;
};
Express MakeExpress(const std::string& psf_name) {
  Express e;
  e.psf.Raw("x64_c\\f\\a.dll", "forward").Packed("x64_c\\b.dll", "whole").Raw("c.manifest", "<c/>");
  e.cab = Text(StoredCabinet({{"update.mum", "<mum/>"},
                              {"update.cat", "cat"},
                              {"express.psf.cix.xml", e.psf.Index(psf_name)}}));
  return e;
}
const std::map<std::string, std::string> kExpressTree = {{"update.mum", "<mum/>"},
                                                         {"update.cat", "cat"},
                                                         {"x64_c\\f\\a.dll", "forward"},
                                                         {"x64_c\\b.dll", "whole"},
                                                         {"c.manifest", "<c/>"}};

TEST(ExpressUpdate, ACabinetWithItsPsfBesideIt) {
  const test::TempDir temp;
  const Express e = MakeExpress("whatever.psf");
  const auto path = temp.Write("Windows10.0-KB1-x64.cab", e.cab);
  const auto alone = Open(path);
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code, Code::kUnsupported);
  EXPECT_NE(alone.error().message.find("not beside it"), std::string::npos);
  EXPECT_FALSE(alone.error().next_step.empty());
  temp.Write("Windows10.0-KB1-x64.psf", e.psf.PsfText());
  auto update = Open(path);
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_EQ(update->container_text, "cabinet (express)");
  EXPECT_EQ(test::Contents(update->packages[0]->members()), kExpressTree);
  ASSERT_EQ(update->packages[0]->differential.size(), 1u);
  EXPECT_EQ(update->packages[0]->differential[0], "forward deltas (f\\), 1 files");
}

TEST(ExpressUpdate, AFolderThatHoldsBoth) {
  const test::TempDir temp;
  const Express e = MakeExpress("u.psf");
  temp.Write("KB1/update.mum", "<mum/>");
  temp.Write("KB1/update.cat", "cat");
  temp.Write("KB1/express.psf.cix.xml", e.psf.Index());
  temp.Write("KB1/u.psf", e.psf.PsfText());
  auto update = Open(temp.path() / "KB1");
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_EQ(test::Contents(update->packages[0]->members()), kExpressTree);
}

TEST(ExpressUpdate, AnMsuPairsByNameThenByTheIndexThenByThereBeingOne) {
  const test::TempDir temp;
  const Express one = MakeExpress("other.psf");
  Express two = MakeExpress("Windows11.0-KB2-x64-baseless.psf");
  const auto tree = [](const Result<UpdateFile>& update, std::size_t i) {
    return test::Contents(update->packages[i]->members());
  };
  auto both = Open(
      temp.Write("both.msu", StoredCabinet({{"Windows11.0-KB1-x64.cab", one.cab},
                                            {"Windows11.0-KB1-x64.psf", one.psf.PsfText()},
                                            {"Windows11.0-KB2-x64.cab", two.cab},
                                            {"Windows11.0-KB2-x64-baseless.psf", two.psf.PsfText()},
                                            {"SSU-1-x64.cab", PlainCab()}})));
  ASSERT_TRUE(both) << both.error().message;
  ASSERT_EQ(both->packages.size(), 3u);
  EXPECT_EQ(both->packages[0]->packaging, "express");
  EXPECT_EQ(tree(both, 0), kExpressTree);
  EXPECT_EQ(tree(both, 1), kExpressTree);
  EXPECT_EQ(both->packages[2]->packaging, "plain");
  auto only = Open(temp.Write("only.msu", StoredCabinet({{"Windows11.0-KB1-x64.cab", one.cab},
                                                         {"any-name.psf", one.psf.PsfText()}})));
  ASSERT_TRUE(only) << only.error().message;
  EXPECT_EQ(tree(only, 0), kExpressTree);
  EXPECT_EQ(CodeOf(temp, {{"Windows11.0-KB1-x64.cab", one.cab},
                          {"a.psf", one.psf.PsfText()},
                          {"b.psf", one.psf.PsfText()}}),
            Code::kUnsupported)
      << "which of them?";
}

TEST(ExpressUpdate, ADamagedPsfIsFoundInTheRecordThatIsRead) {
  const test::TempDir temp;
  const Express e = MakeExpress("u.psf");
  std::string psf = e.psf.PsfText();
  psf[0x82] ^= 1;
  auto update = Open(temp.Write("x.msu", StoredCabinet({{"Windows11.0-KB1-x64.cab", e.cab},
                                                        {"Windows11.0-KB1-x64.psf", psf}})));
  ASSERT_TRUE(update) << update.error().message;
  Members& members = update->packages[0]->members();
  EXPECT_EQ(members.Read(*members.Find("x64_c\\f\\a.dll"), 100).error().code,
            Code::kVerificationFailed);
  EXPECT_TRUE(members.Read(*members.Find("x64_c\\b.dll"), 100));
}

// ---- WIM-based MSUs

// A combined MSU of the newest kind: metadata in a WIM inside the WIM, payload in a PSF beside it.
TEST(WimMsu, PackagesAreReadWhereTheyLie) {
  if (!test::HaveTool("wimlib-imagex")) GTEST_SKIP() << "needs wimlib-imagex";
  const Express e = MakeExpress("Windows11.0-KB1-x64.psf");
  const auto compdb = StoredCabinet(
      {{"LCUCompDB_KB1.xml.cab",
        Text(StoredCabinet({{"LCUCompDB_KB1.xml", "<CompDB Type=\"BuildUpdate\"/>"}}))}});
  for (const std::string compression : {"none", "LZX", "XPRESS"}) {
    const test::TempDir temp;
    temp.Write("lcu/update.mum", "<mum/>");
    temp.Write("lcu/update.cat", "cat");
    temp.Write("lcu/express.psf.cix.xml", e.psf.Index());
    const auto capture = [&](const std::string& from, const std::string& to) {
      return test::Shell(fmt::format("cd '{}' && wimlib-imagex capture {} {} --compress={}",
                                     temp.path().string(), from, to, compression));
    };
    stdfs::create_directory(temp.path() / "msu");
    ASSERT_EQ(capture("lcu", "msu/Windows11.0-KB1-x64.wim"), 0);
    temp.Write("msu/Windows11.0-KB1-x64.psf", e.psf.PsfText());
    temp.Write("msu/SSU-26100.1-x64.cab", PlainCab());
    temp.Write("msu/DesktopDeployment.cab", PlainCab());
    temp.Write("msu/onepackage.AggregatedMetadata.cab", Text(compdb));
    ASSERT_EQ(capture("msu", "update.msu"), 0);
    auto update = Open(temp.path() / "update.msu");
    ASSERT_TRUE(update) << compression << ": " << update.error().message;
    EXPECT_EQ(update->kind, ContainerKind::kMsuWim);
    ASSERT_EQ(update->packages.size(), 2u);
    std::map<std::string, UpdatePackage*> by_name;
    for (auto& p : update->packages) by_name[p->name] = p.get();
    ASSERT_TRUE(by_name.count("Windows11.0-KB1-x64.wim"));
    EXPECT_EQ(test::Contents(by_name["Windows11.0-KB1-x64.wim"]->members()), kExpressTree);
    EXPECT_EQ(by_name.at("SSU-26100.1-x64.cab")->packaging, "plain");
    auto others = update->other_members;
    std::sort(others.begin(), others.end());
    EXPECT_EQ(others, (std::vector<std::string>{"DesktopDeployment.cab", "Windows11.0-KB1-x64.psf",
                                                "onepackage.AggregatedMetadata.cab"}));
    const auto compdbs = ReadCompDbs(*update);
    ASSERT_TRUE(compdbs) << compdbs.error().message;
    ASSERT_EQ(compdbs->size(), 1u);
    EXPECT_EQ(AsText(compdbs->at("LCUCompDB_KB1.xml")), "<CompDB Type=\"BuildUpdate\"/>");
  }
}

TEST(WimMsu, APackageMayBeAWimItself) {
  if (!test::HaveTool("wimlib-imagex")) GTEST_SKIP() << "needs wimlib-imagex";
  const test::TempDir temp;
  temp.Write("package/update.mum", "<mum/>");
  temp.Write("package/x86_a/a.dll", std::string(100000, 'd'));
  temp.Write("package/x86_a/empty", "");
  ASSERT_EQ(test::Shell(fmt::format("cd '{}' && wimlib-imagex capture package x.wim",
                                    temp.path().string())),
            0);
  auto update = Open(temp.path() / "x.wim");
  ASSERT_TRUE(update) << update.error().message;
  const std::map<std::string, std::string> expected = {
      {"update.mum", "<mum/>"}, {"x86_a\\a.dll", std::string(100000, 'd')}, {"x86_a\\empty", ""}};
  EXPECT_EQ(test::Contents(update->packages[0]->members()), expected);
}

TEST(WimMsu, SolidAndLinkedOnesAreRefused) {
  if (!test::HaveTool("wimlib-imagex")) GTEST_SKIP() << "needs wimlib-imagex";
  const test::TempDir temp;
  temp.Write("solid/update.mum", "<mum/>");
  temp.Write("linked/update.mum", "<mum/>");
  stdfs::create_symlink("update.mum", temp.path() / "linked/other");
  for (const std::string name : {"solid", "linked"}) {
    ASSERT_EQ(
        test::Shell(fmt::format("cd '{0}' && wimlib-imagex capture {1} {1}.wim {2}",
                                temp.path().string(), name, name == "solid" ? "--solid" : "")),
        0);
    const auto opened = Open(temp.path() / (name + ".wim"));
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().code, Code::kUnsupported) << name << ": " << opened.error().message;
  }
}

TEST(CompDbs, OnlyCombinedMsusHaveThem) {
  const test::TempDir temp;
  auto bare = Open(temp.Write("Windows10.0-KB1-x64.cab", PlainCab()));
  EXPECT_EQ(ReadCompDbs(*bare).error().code, Code::kNotFound);
  auto msu =
      Open(temp.Write("x.msu", StoredCabinet({{"KB1.cab", PlainCab()}, {"WSUSSCAN.cab", ""}})));
  ASSERT_TRUE(msu);
  EXPECT_EQ(ReadCompDbs(*msu).error().code, Code::kNotFound);
}

TEST(Update, ExpandedFolderIsAPackage) {
  const test::TempDir temp;
  temp.Write("KB1/Update.MUM", "<mum/>");
  temp.Write("KB1/x86_a/a.dll", "dll");
  for (const auto& path : {temp.path() / "KB1", temp.path() / "KB1/"}) {
    auto update = Open(path);
    ASSERT_TRUE(update) << update.error().message;
    EXPECT_EQ(update->kind, ContainerKind::kFolder);
    EXPECT_EQ(update->packages[0]->name, "KB1");
    EXPECT_EQ(update->packages[0]->packaging, "folder");
    EXPECT_TRUE(update->packages[0]->members().Find("x86_a\\A.DLL"));
  }
  EXPECT_EQ(Open(temp.path()).error().code, Code::kUnsupported);
}

TEST(Update, DeltaPayloadIsNamed) {
  const test::TempDir temp;
  auto update = Open(temp.Write("x.cab", StoredCabinet({{"update.mum", ""},
                                                        {"c1\\f\\a", ""},
                                                        {"c1\\r\\a", ""},
                                                        {"c2\\f\\Amd64\\b", ""},
                                                        {"c2\\Amd64\\n\\b", ""},
                                                        {"f\\x", ""}})));
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_EQ(
      update->packages[0]->differential,
      (std::vector<std::string>{"forward deltas (f\\), 2 files", "reverse deltas (r\\), 1 files"}));
}

TEST(Update, LargeCompressedPackagesAreSpooledToTheScratchFolder) {
  if (!test::HaveTool("gcab")) GTEST_SKIP() << "needs gcab";
  const test::TempDir temp;
  std::string big;
  for (int i = 0; big.size() < (6U << 20); ++i) big += std::to_string(i % 100'000 * 7919) + "\n";
  temp.Write("in/Windows10.0-KB1-x64.cab", StoredCabinet({{"update.mum", "<mum/>"}, {"big", big}}));
  temp.Write("in/x-pkgProperties.txt", "A=\"b\"\r\n");
  ASSERT_EQ(test::Shell(fmt::format("cd '{}/in' && gcab -c -z ../a.msu *", temp.path().string())),
            0);
  stdfs::create_directory(temp.path() / "scratch");
  auto update = OpenUpdate(RealFileSystem(), temp.path() / "a.msu",
                           {.scratch_dir = temp.path() / "scratch", .cancellation = nullptr});
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_TRUE(test::Contents(update->packages[0]->members()).at("big") == big);
  EXPECT_TRUE(stdfs::is_empty(temp.path() / "scratch")) << "temporary files have no name";
  Cancellation cancellation;
  cancellation.Request();
  const auto cancelled = OpenUpdate(RealFileSystem(), temp.path() / "a.msu",
                                    {.scratch_dir = {}, .cancellation = &cancellation});
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, Code::kCancelled);
  const auto refused = OpenUpdate(RealFileSystem(), temp.path() / "a.msu",
                                  {.scratch_dir = temp.path() / "absent", .cancellation = nullptr});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kNotFound);
}

TEST(Properties, AreReadInBothEncodings) {
  const auto ascii =
      ParseProperties(AsBytes("Key=\"a b\"\r\nKey=\"second\"\r\nnonsense\r\n Other = x\n"));
  ASSERT_TRUE(ascii);
  EXPECT_EQ(ascii->at("Key"), "a b");
  EXPECT_EQ(ascii->at("Other"), "x");
  Bytes utf16 = {std::byte{0xFF}, std::byte{0xFE}};
  Append(utf16, *Utf8ToUtf16Le("Language=\"ALL\"\r\n"));
  const auto wide = ParseProperties(utf16);
  ASSERT_TRUE(wide);
  EXPECT_EQ(wide->at("Language"), "ALL");
}

// Genuine packages. What cabextract and 7z find is what we find.
class Genuine : public testing::Test {
 protected:
  void SetUp() override {
    if (!stdfs::is_directory(kPackages)) GTEST_SKIP() << "no corpus at " << kPackages;
    if (!test::HaveTool("cabextract") || !test::HaveTool("7z"))
      GTEST_SKIP() << "needs cabextract and 7z";
  }
  static void ExpectSameTree(Members& members, const stdfs::path& cabinet) {
    const test::TempDir temp;
    ASSERT_EQ(test::Shell(fmt::format("cabextract -q -d '{0}/c' '{1}'", temp.path().string(),
                                      cabinet.string())),
              0);
    // 7z answers 1, a warning, because of the signature behind the cabinet.
    const int status =
        test::Shell(fmt::format("7z x -y -o'{0}/z' '{1}'", temp.path().string(), cabinet.string()));
    ASSERT_LE(status, 1 << 8);
    const auto ours = test::Digests(test::Contents(members));
    EXPECT_EQ(ours, test::Digests(test::Tree(temp.path() / "c")));
    EXPECT_EQ(ours, test::Digests(test::Tree(temp.path() / "z")));
  }
};

TEST_F(Genuine, CabinetsEqualWhatTheRefereesExtract) {
  for (const std::string name :
       {"Windows6.2-HyperVIntegrationServices-x86.cab", "Windows8.1-KB2938772-x86.cab"}) {
    auto update = Open(kPackages / name);
    ASSERT_TRUE(update) << update.error().message;
    ASSERT_EQ(update->packages.size(), 1U);
    EXPECT_EQ(update->packages[0]->packaging, "plain");
    ExpectSameTree(update->packages[0]->members(), kPackages / name);
  }
}

TEST_F(Genuine, MsusEqualWhatTheRefereesExtract) {
  for (const std::string name : {"Windows6.1-KB2465285-x86.msu", "Windows6.1-KB2780124-x86.msu"}) {
    auto update = Open(kPackages / name);
    ASSERT_TRUE(update) << update.error().message;
    EXPECT_EQ(update->properties.at("Installation Type"), "FULL");
    EXPECT_EQ(update->properties.size(), 14U);
    ExpectSameTree(*update->container, kPackages / name);
    const auto scan = ReadScanMetadata(*update);
    ASSERT_TRUE(scan) << scan.error().message;
    EXPECT_NE(AsText(scan->package_xml).find("OfflineSyncPackage"), std::string_view::npos);
    EXPECT_GT(scan->files.size(), 1000U);
  }
}

TEST_F(Genuine, All50FilesOfTheWindows7PackagesAreRebuilt) {
  std::size_t files = 0;
  for (const std::string name : {"Windows6.1-KB2465285-x86.msu", "Windows6.1-KB2780124-x86.msu"}) {
    auto update = Open(kPackages / name);
    ASSERT_TRUE(update) << update.error().message;
    ASSERT_EQ(update->packages.size(), 1U);
    auto& package = *update->packages[0];
    EXPECT_EQ(package.packaging, "intra-package delta");
    // Each file's SHA-1 is proved by the reader itself: a wrong byte would be an error.
    const auto contents = test::Contents(package.members());
    EXPECT_EQ(contents.size(), package.members().list().size());
    for (const auto& member : package.members().list()) {
      EXPECT_EQ(contents.at(member.name).size(), member.size);
      EXPECT_EQ(member.attributes, 32U);
    }
    EXPECT_TRUE(contents.count("update.mum"));
    files += contents.size();
    // And one at a time.
    for (std::size_t i = 0; i < package.members().list().size(); ++i) {
      const auto one = package.members().Read(i, 16 << 20);
      ASSERT_TRUE(one) << one.error().message;
      EXPECT_EQ(AsText(*one), contents.at(package.members().list()[i].name));
    }
  }
  EXPECT_EQ(files, 50U);
}

}  // namespace
}  // namespace ww::cab
