// A small lab, made once, looked at by programs that know nothing of it.
#include "wimwright/lab/lab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "lab_test_support.h"
#include "wimwright/base/text.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/delta/base_manifest.h"
#include "wimwright/delta/store_wrapper.h"
#include "wimwright/hive/check.h"
#include "wimwright/manifest/catalog.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"
#include "wimwright/wim/wim_file.h"

namespace ww::lab {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Images in which nothing is wrong.
bool IsSound(const std::string& image) {
  return image.ends_with(".wim") && image.starts_with("win");
}

class SmallLab : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = new TemporaryDirectory();
    LabOptions options;
    options.preset = Preset::kSmall;
    auto report = CreateLab(RealFileSystem(), dir_->path() / "lab", options, NullProgress(),
                            NeverCancelled());
    ASSERT_TRUE(report) << report.error().message;
    report_ = new LabReport(*std::move(report));
  }
  static void TearDownTestSuite() {
    delete report_;
    delete dir_;
    report_ = nullptr;
    dir_ = nullptr;
  }
  void SetUp() override {
    if (report_ == nullptr) GTEST_FAIL() << "the lab was not made";
  }
  static std::filesystem::path Path(std::string_view below) { return dir_->path() / "lab" / below; }
  static std::filesystem::path ImagePath(const std::string& image) {
    return Path("images") / image;
  }

  static TemporaryDirectory* dir_;
  static LabReport* report_;
};
TemporaryDirectory* SmallLab::dir_ = nullptr;
LabReport* SmallLab::report_ = nullptr;

TEST_F(SmallLab, HoldsEveryKindOfImageAndUpdate) {
  EXPECT_THAT(report_->images,
              testing::IsSupersetOf({"win10-1607-x86.wim", "win10-1607-x64.wim", "win7sp1-x86.wim",
                                     "win7sp1-x64.wim", "win81-x86.wim", "win81-x64.wim",
                                     "plain.wim", "defect-dirty-hive.wim", "truncated.wim"}));
  EXPECT_GT(report_->updates.size(), 30U);
  EXPECT_GT(report_->cases.size(), 30U);
  std::set<std::string> used;
  for (const Case& c : report_->cases) {
    EXPECT_THAT(report_->images, testing::Contains(c.image));
    for (const ExpectedDecision& update : c.updates) used.insert(update.update);
  }
  EXPECT_THAT(used, testing::UnorderedElementsAreArray(report_->updates))
      << "an update without an expectation";
}

TEST_F(SmallLab, DescribesItselfForPrograms) {
  std::ifstream file(Path("lab.json"));
  const auto json = nlohmann::json::parse(file);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["cases"].size(), report_->cases.size());
  EXPECT_EQ(json["cases"][0]["build_after"], "14393.2457");
  EXPECT_TRUE(std::filesystem::exists(Path("README.md")));
}

TEST_F(SmallLab, ImagesSatisfyWimlib) {
  WW_NEEDS_PROGRAM("wimlib-imagex");
  for (const std::string& image : report_->images) {
    if (!image.ends_with(".wim") || image == "truncated.wim") continue;
    const auto [code, output] = RunProgram("wimlib-imagex verify " + ImagePath(image).string());
    EXPECT_EQ(code, 0) << image << "\n" << output;
  }
}

TEST_F(SmallLab, ImagesHoldWhatEditorsTendToLose) {
  WW_NEEDS_PROGRAM("wimlib-imagex");
  const auto [code, output] =
      RunProgram("wimlib-imagex dir --detailed " + ImagePath("win10-1607-x86.wim").string() + " 1");
  ASSERT_EQ(code, 0);
  EXPECT_THAT(output, HasSubstr("PROGRA~1"));
  EXPECT_THAT(output, HasSubstr("Zone.Identifier"));
  EXPECT_THAT(output, HasSubstr("0xa0000003"));  // the junction
}

TEST_F(SmallLab, CabinetsSatisfySevenZip) {
  WW_NEEDS_PROGRAM("7z");
  for (const std::string& update : report_->updates) {
    if (!update.ends_with(".msu") && !update.ends_with(".cab")) continue;
    const auto [code, output] = RunProgram("7z t " + (Path("updates") / update).string());
    EXPECT_EQ(code, 0) << update << "\n" << output;
  }
}

TEST_F(SmallLab, HivesSatisfyHivexAndOurOwnCheck) {
  for (const std::string& image : report_->images) {
    if (!IsSound(image)) continue;
    auto wim = wim::WimFile::Open(RealFileSystem(), ImagePath(image));
    ASSERT_TRUE(wim) << wim.error().message;
    for (const char* name : {"SOFTWARE", "SYSTEM", "COMPONENTS"}) {
      const auto bytes = ReadImageFile(**wim, 1, std::string("Windows\\System32\\config\\") + name);
      ASSERT_TRUE(bytes) << image << bytes.error().message;
      auto hive = hive::Hive::Open(hive::MemoryStorage(*bytes));
      ASSERT_TRUE(hive) << hive.error().message;
      const Status checked = hive::CheckHive(*hive);
      EXPECT_TRUE(checked) << image << " " << name << ": " << checked.error().message;
      if (image != "win10-1607-x86.wim" || !HasProgram("hivexregedit")) continue;
      const auto file = dir_->path() / name;
      WriteWhole(file, *bytes);
      const auto [code, output] =
          RunProgram("hivexregedit --export --prefix HKLM " + file.string() + " '\\'");
      EXPECT_EQ(code, 0) << name;
      EXPECT_GT(output.size(), 1000U);
    }
  }
}

// Keyforms, digests, catalogs and registry of every image against each other, the way an engine's
// self-test would look at them.
TEST_F(SmallLab, StoresAreConsistent) {
  for (const std::string& image : report_->images) {
    if (!IsSound(image)) continue;
    auto wim = wim::WimFile::Open(RealFileSystem(), ImagePath(image));
    ASSERT_TRUE(wim);
    for (int index = 1; index <= static_cast<int>((*wim)->images().size()); ++index) {
      EXPECT_THAT(CheckStore(**wim, index), IsEmpty()) << image << " index " << index;
    }
  }
}

TEST_F(SmallLab, ReportsTheDefectsItMade) {
  for (const char* image :
       {"defect-component-key.wim", "defect-manifest-hash.wim", "defect-payload.wim"}) {
    auto wim = wim::WimFile::Open(RealFileSystem(), ImagePath(image));
    ASSERT_TRUE(wim);
    EXPECT_EQ(CheckStore(**wim, 1).size(), 1U) << image;
  }
}

TEST_F(SmallLab, UpdatesParseAndTheirCatalogsVerify) {
  manifest::TrustStore trust;
  const auto pem = LabCertificatePem();
  ASSERT_TRUE(pem);
  ASSERT_TRUE(trust.Add(AsBytes(*pem)));
  std::size_t catalogs = 0;
  for (const std::string& name : report_->updates) {
    // Refused while opening, on purpose.
    if (name.find("9000141") != std::string::npos || name.find("9000134") != std::string::npos ||
        name.find("9000532") != std::string::npos) {
      continue;
    }
    auto update = cab::OpenUpdate(RealFileSystem(), Path("updates") / name, {});
    ASSERT_TRUE(update) << name << ": " << update.error().message;
    const bool differences = name.find("-kb90005") != std::string::npos &&
                             name.find("-kb9000531") == std::string::npos &&
                             name.find("-kb9000551") == std::string::npos;
    if (name.find("-kb900052") != std::string::npos) continue;  // damaged on purpose
    for (const auto& package : update->packages) {
      const bool stack = package->name.find("SSU-") != std::string::npos;
      EXPECT_EQ(!package->differential.empty(), differences && !stack) << name;
      const std::set<std::string> unlisted = CheckPackage(*package, trust, catalogs);
      if (name.find("9000132") != std::string::npos) {
        EXPECT_EQ(unlisted.size(), 1U) << name;
      } else {
        EXPECT_THAT(unlisted, IsEmpty()) << name;
      }
    }
  }
  EXPECT_GT(catalogs, 50U);
}

TEST_F(SmallLab, RefusesADirectoryThatIsInUse) {
  const auto again = CreateLab(RealFileSystem(), Path(""), {}, NullProgress(), NeverCancelled());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict);
}

TEST_F(SmallLab, IsTheSameEveryTime) {
  LabOptions options;
  options.preset = Preset::kSmall;
  options.threads = 1;
  options.only = {"win10-1607-x86.wim", "win7sp1-x86.wim", "windows10.0-kb9000102-x86.msu",
                  "windows6.1-kb9000201-x86.msu"};
  const auto dir = dir_->path() / "again";
  const auto report = CreateLab(RealFileSystem(), dir, options, NullProgress(), NeverCancelled());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->images.size() + report->updates.size(), 4U);
  for (const std::string& name : options.only) {
    const std::string below = (name.ends_with(".wim") ? "images/" : "updates/") + name;
    EXPECT_EQ(ReadWhole(dir / below), ReadWhole(Path(below))) << name;
  }
}

TEST(Lab, MakesImagesThatFitGenuineUpdates) {
  const std::filesystem::path corpus = std::filesystem::path(WW_CORPUS) / "packages";
  if (!std::filesystem::exists(corpus)) GTEST_SKIP() << "no genuine updates at " << corpus;
  TemporaryDirectory dir;
  LabOptions options;
  options.preset = Preset::kSmall;
  options.only = {"nothing else"};
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    options.fit.push_back(entry.path());
  }
  const auto report =
      CreateLab(RealFileSystem(), dir.path() / "lab", options, NullProgress(), NeverCancelled());
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->images.size(), options.fit.size());
  for (const std::string& image : report->images) {
    auto wim = wim::WimFile::Open(RealFileSystem(), dir.path() / "lab" / "images" / image);
    ASSERT_TRUE(wim);
    EXPECT_THAT(CheckStore(**wim, 1), IsEmpty()) << image;
  }
  // One of them, looked at: parent and predecessor of KB2780124.
  auto wim = wim::WimFile::Open(RealFileSystem(),
                                dir.path() / "lab" / "images" / "fit-Windows6.1-KB2780124-x86.wim");
  ASSERT_TRUE(wim);
  const auto image = (*wim)->ReadImage(1);
  ASSERT_TRUE(image);
  EXPECT_TRUE(image->Find(
      "Windows\\servicing\\Packages\\Microsoft-Windows-TerminalServices-RemoteApplications-Client-"
      "Package~31bf3856ad364e35~x86~~6.1.7601.17514.mum"));
  EXPECT_TRUE(image->Find("Windows\\System32\\rdpshell.exe"));
}

TEST(Lab, StopsWhenAsked) {
  TemporaryDirectory dir;
  Cancellation cancellation;
  cancellation.Request();
  const auto report =
      CreateLab(RealFileSystem(), dir.path() / "lab", {}, NullProgress(), cancellation);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::kCancelled);
}

TEST(Lab, AnotherSeedIsAnotherLab) {
  TemporaryDirectory dir;
  std::map<std::uint64_t, Bytes> made;
  for (std::uint64_t seed : {1, 2}) {
    LabOptions options;
    options.preset = Preset::kSmall;
    options.seed = seed;
    options.only = {"windows10.0-kb9000110-x86.msu"};
    const auto at = dir.path() / std::to_string(seed);
    ASSERT_TRUE(CreateLab(RealFileSystem(), at, options, NullProgress(), NeverCancelled()));
    made[seed] = ReadWhole(at / "updates" / options.only[0]);
  }
  EXPECT_FALSE(made[1].empty());
  EXPECT_NE(made[1], made[2]);
}

}  // namespace
}  // namespace ww::lab
