// Which packages of a tree an image takes: the shapes that cumulative updates since Windows 11 have
// (windows-servicing.md 1.8, 2.2 to 2.6).
#include "selection.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "closure.h"
#include "lab_image.h"
#include "registration.h"
#include "registry_names.h"
#include "update_draft.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/cbs/plan.h"

namespace ww::cbs {
namespace {

constexpr std::string_view kImage = "win11-24h2-x64.wim";  // 26100.1
constexpr std::string_view kProduct = "Microsoft-Windows-Product-Package";
constexpr std::string_view kFeature = "Microsoft-Windows-Feature-Package";
constexpr std::string_view kPart = "Microsoft-Windows-Part-Package";

class Selecting : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    image_ = LabImage::Make(kImage);
    ASSERT_NE(image_.state, nullptr);
  }
  static void TearDownTestSuite() { image_.Close(); }

  // What the image has besides.
  void Has(std::string_view name, std::string_view version, std::uint32_t state = kStateInstalled,
           std::map<std::string, std::uint32_t> features = {}) {
    PackageRecord record;
    record.identity = Package(name, version);
    record.identity_string = manifest::PackageIdentityString(record.identity);
    record.state = state;
    record.visibility = 1;
    record.features = std::move(features);
    state_.SetPackage(std::move(record));
  }
  void HasInstalled(std::string_view component, std::string_view version) {
    auto identity = Package(component, version);
    state_.SetWinner(identity);
  }
  Selection Choose(Draft& draft) {
    trace_.clear();
    auto selection = Select(draft.Load(), state_, trace_);
    EXPECT_TRUE(selection) << selection.error().message;
    return *std::move(selection);
  }
  // State that a package of the selection gets; nothing: it is not taken.
  static std::optional<std::uint32_t> StateOf(const Selection& selection, std::string_view name) {
    for (const auto& package : selection.packages) {
      if (package.file->manifest.identity.name == name) return package.state;
    }
    return std::nullopt;
  }
  static std::optional<std::uint32_t> StateOf(const Selection& selection, std::string_view package,
                                              std::string_view update) {
    for (const auto& chosen : selection.packages) {
      if (chosen.file->manifest.identity.name != package) continue;
      for (const auto& one : chosen.updates) {
        if (one.update->name == update) return one.state;
      }
    }
    return std::nullopt;
  }

  static LabImage image_;
  VirtualState state_{*image_.state};
  std::vector<std::string> trace_;
};
LabImage Selecting::image_;

// A package of the product with an optional feature, in a newer version.
Draft WithFeature() {
  Draft draft;
  draft.Outer(Parent(kProduct, "10.0.26100.1"));
  draft.Add(kFeature, "10.0.26100.3000",
            Update("Feature",
                   std::string(kOptional) + Component("Feature-Deployment", "10.0.26100.3000")));
  return draft;
}

TEST_F(Selecting, AFeatureThatIsOnIsUpdatedAndNotMerelyStaged) {
  Has(kProduct, "10.0.26100.1");
  for (const std::uint32_t on : {0x70u, 0x80u, 7u, 8u}) {
    Has(kFeature, "10.0.26100.1", kStateInstalled, {{"feature", on}});
    auto draft = WithFeature();
    const auto selection = Choose(draft);
    EXPECT_EQ(selection.verdict.decision, Decision::kInstall) << selection.verdict.reason;
    EXPECT_EQ(StateOf(selection, kFeature), kStateInstalled);
    EXPECT_EQ(StateOf(selection, kFeature, "Feature"), kStateInstalled) << on;
    ASSERT_FALSE(selection.packages.empty());
    EXPECT_EQ(selection.packages.front().features,
              (std::map<std::string, std::uint32_t>{{"Feature", on}}));
  }
}

TEST_F(Selecting, AFeatureIsOnWhenItsDeploymentIsInstalled) {
  Has(kProduct, "10.0.26100.1");
  Has(kFeature, "10.0.26100.1");
  HasInstalled("Feature-Deployment", "10.0.26100.1");
  auto draft = WithFeature();
  EXPECT_EQ(StateOf(Choose(draft), kFeature, "Feature"), kStateInstalled);
}

TEST_F(Selecting, AFeatureThatIsOffIsStagedInAPackageThatStaysInstalled) {
  Has(kProduct, "10.0.26100.1");
  Has(kFeature, "10.0.26100.1", kStateInstalled, {{"feature", kStateStaged}});
  auto draft = WithFeature();
  const auto selection = Choose(draft);
  EXPECT_EQ(StateOf(selection, kFeature), kStateInstalled);
  EXPECT_EQ(StateOf(selection, kFeature, "Feature"), kStateStaged);
}

TEST_F(Selecting, AFeatureInAStateThatIsNotKnownIsRefused) {
  Has(kProduct, "10.0.26100.1");
  Has(kFeature, "10.0.26100.1", kStateInstalled, {{"feature", 0x65}});
  auto draft = WithFeature();
  const auto selection = Choose(draft);
  EXPECT_EQ(selection.verdict.decision, Decision::kRefused);
  EXPECT_NE(selection.verdict.reason.find("Feature"), std::string::npos);
}

// The shape of Microsoft-Windows-SearchEngine-Client-Package.
TEST_F(Selecting, AnUpdateThatDependsOnAFeatureOfItsPackageFollowsThatFeature) {
  Has(kProduct, "10.0.26100.1");
  for (const bool on : {true, false}) {
    Has(kFeature, "10.0.26100.1", kStateInstalled, {{"feature", on ? 0x70u : 0x40u}});
    auto draft = WithFeature();
    draft.Add(kFeature, "10.0.26100.3000",
              Update("Feature", kOptional) +
                  Update("Base", R"(<applicable disposition="detect"><detectUpdate>)"
                                 R"(<update name="feature"/></detectUpdate></applicable>)" +
                                     Component("Base-Deployment", "10.0.26100.3000")));
    const auto selection = Choose(draft);
    EXPECT_TRUE(selection.verdict.go()) << selection.verdict.reason;
    EXPECT_EQ(StateOf(selection, kFeature, "Base"), on ? kStateInstalled : kStateStaged);
    ASSERT_FALSE(selection.packages.empty());
    EXPECT_EQ(selection.packages.front().features.size(), 1u);
  }
}

TEST_F(Selecting, ACumulativeUpdateThatLowersTheBuildIsRefused) {
  // Both values that tell the build, each by itself.
  for (const std::string_view name : {"CurrentBuild", "CurrentBuildNumber"})
    for (const char* build : {"26100", "26000"}) {
      Draft draft;
      draft.Outer(Parent("Microsoft-Windows-Common-Foundation-Package", "10.0.26100.1") +
                  Update("1", Component("Revision", "10.0.26100.3000")));
      draft.AddComponent(
          "Revision", "10.0.26100.3000",
          std::string(kDeployment) +
              fmt::format(R"(<registryKeys><registryKey keyName="HKEY_LOCAL_MACHINE\SOFTWARE\)"
                          R"(Microsoft\Windows NT\CurrentVersion"><registryValue name="UBR" )"
                          R"(valueType="REG_DWORD" value="3000"/><registryValue name="{}" )"
                          R"(valueType="REG_SZ" value="{}"/></registryKey></registryKeys>)",
                          name, build));
      const UpdateContent* const updates[] = {&draft.Load()};
      const auto plan = MakePlan(*image_.state, updates, {}, NullLogger());
      ASSERT_TRUE(plan) << plan.error().message;
      const auto& decision = plan->updates.front();
      const bool lower = std::string_view(build) == "26000";
      EXPECT_EQ(decision.decision, lower ? Decision::kRefused : Decision::kInstall)
          << decision.reason;
      EXPECT_EQ(decision.reason.find("would call itself 26000") != std::string::npos, lower);
    }
}

TEST_F(Selecting, ACapabilityIsCarriedOnAndNeverAdded) {
  for (const bool there : {true, false}) {
    Has(kProduct, "10.0.26100.1");
    if (there) Has(kFeature, "10.0.26100.1");
    Draft draft;
    draft.Outer(Parent(kProduct, "10.0.26100.1") + Update("1", Link(kFeature, "10.0.26100.3000")));
    draft.Add(kFeature, "10.0.26100.3000",
              Parent(kProduct, "10.0.26100.1") +
                  Update("Feature", R"(<capability><capabilityIdentity name="Lab.Feature" )"
                                    R"(version="0.0.1.0"/></capability>)" +
                                        Component("Feature-Deployment", "10.0.26100.3000")));
    const auto selection = Choose(draft);
    EXPECT_EQ(selection.verdict.go(), there) << selection.verdict.reason;
    if (there) {
      EXPECT_EQ(StateOf(selection, kFeature), kStateInstalled);
      EXPECT_EQ(selection.packages.front().replaces,
                "Microsoft-Windows-Feature-Package~31bf3856ad364e35~amd64~~10.0.26100.1");
      // Listed as the older version is, and refused where that is listed nowhere.
      const auto older = selection.packages.front().replaces;
      const auto key = fmt::format("{}\\CapabilityIndex\\Lab.Player~~~~0.0.1.0", kCbsKey);
      for (const bool listed : {false, true}) {
        RegistryWriter registry;
        if (listed) registry.Set(HiveKind::kSoftware, key, older, hive::MakeDword(7));
        auto state = state_;
        EXPECT_EQ(RegisterPackages(selection, {}, state, registry).has_value(), listed);
        const auto value =
            registry.Planned(HiveKind::kSoftware, key, older.substr(0, older.size() - 1) + "3000");
        EXPECT_EQ(value && hive::AsDword(*value) == 7u, listed);
      }
    }
    state_ = VirtualState(*image_.state);
  }
}

TEST_F(Selecting, AnUpdateThatDependsOnOneOfAnotherPackageIsRefused) {
  Has(kProduct, "10.0.26100.1");
  Draft draft;
  draft.Outer(Parent(kProduct, "10.0.26100.1") +
              Update("1", R"(<applicable disposition="detect"><detectUpdate>)"
                          R"(<update name="Elsewhere"/></detectUpdate></applicable>)" +
                              Component("Some-Deployment", "10.0.26100.3000")));
  EXPECT_EQ(Choose(draft).verdict.decision, Decision::kRefused);
}

TEST_F(Selecting, AGuardThatIsNotDecidableIsRefusedAndNotSkipped) {
  Has(kProduct, "10.0.26100.1");
  Has(kPart, "10.0.26100.5");
  Draft draft;
  draft.Outer(Parent(kProduct, "10.0.26100.1") +
              Update("1", "<applicable disposition=\"detect\"><detectUpdate>" +
                              Parent(kPart, "10.0.26100.1", "buildCompare=\"EQ\"") +
                              "</detectUpdate></applicable>" +
                              Component("Some-Deployment", "10.0.26100.3000")) +
              Update("2", Component("Other-Deployment", "10.0.26100.3000")));
  const auto selection = Choose(draft);
  EXPECT_EQ(selection.verdict.decision, Decision::kRefused);
  EXPECT_NE(selection.verdict.reason.find("not decidable"), std::string::npos);
}

// A package that is new to the product names the version of its parent that comes with it.
TEST_F(Selecting, APackageWhoseParentComesWithTheUpdateIsTaken) {
  Has(kProduct, "10.0.26100.1");
  for (const bool by_tree : {true, false}) {
    Draft draft;
    draft.Outer(Parent(kProduct, "10.0.26100.1") +
                (by_tree ? Update("1", Link(kPart, "10.0.26100.3000")) : std::string()));
    draft.Add(kProduct, "10.0.26100.3000",
              by_tree ? std::string() : Update("1", Link(kPart, "10.0.26100.3000")));
    draft.Add(kPart, "10.0.26100.3000",
              Parent(kProduct, "10.0.26100.3000") +
                  Update("1", Component("Part-Deployment", "10.0.26100.3000")));
    const auto selection = Choose(draft);
    EXPECT_TRUE(selection.verdict.go()) << selection.verdict.reason;
    EXPECT_EQ(StateOf(selection, kProduct), kStateInstalled);
    EXPECT_EQ(StateOf(selection, kPart), kStateInstalled) << by_tree;
  }
}

TEST_F(Selecting, APackageOfAnotherProductIsStillNotTaken) {
  Has(kProduct, "10.0.26100.1");
  Draft draft;
  draft.Outer(Parent(kProduct, "10.0.26100.1") + Update("1", Link(kPart, "10.0.26100.3000")) +
              Update("2", Component("Some-Deployment", "10.0.26100.3000")));
  draft.Add(kPart, "10.0.26100.3000",
            Parent("Microsoft-Windows-Server-Package", "10.0.26100.3000") +
                Update("1", Component("Part-Deployment", "10.0.26100.3000")));
  const auto selection = Choose(draft);
  EXPECT_TRUE(selection.verdict.go());
  EXPECT_EQ(StateOf(selection, kPart), std::nullopt);
}

// As installed as the older version is, also below a feature that is off.
TEST_F(Selecting, AReplacedPackageKeepsItsState) {
  Has(kProduct, "10.0.26100.1");
  Has(kFeature, "10.0.26100.1", kStateInstalled, {{"feature", kStateStaged}});
  for (const std::uint32_t state : {kStateInstalled, kStateStaged}) {
    Has(kPart, "10.0.26100.1", state);
    Draft draft;
    draft.Outer(Parent(kProduct, "10.0.26100.1"));
    draft.Add(kFeature, "10.0.26100.3000",
              Update("Feature", std::string(kOptional) + Link(kPart, "10.0.26100.3000")));
    draft.Add(kPart, "10.0.26100.3000",
              Update("1", Component("Part-Deployment", "10.0.26100.3000")));
    const auto selection = Choose(draft);
    EXPECT_TRUE(selection.verdict.go()) << selection.verdict.reason;
    EXPECT_EQ(StateOf(selection, kPart), state);
    EXPECT_EQ(StateOf(selection, kFeature), kStateInstalled);
  }
}

// Features that are off and did not change since the release are named and not delivered again.
TEST_F(Selecting, AStagedPackageThatTheUpdateOnlyNamesIsNoGap) {
  Has(kProduct, "10.0.26100.1");
  Has(kPart, "10.0.26100.1", kStateStaged);
  Draft draft;
  draft.Outer(Parent(kProduct, "10.0.26100.1"));
  draft.Add(kProduct, "10.0.26100.3000",
            Update("1", Link(kPart, "10.0.26100.1")) +
                Update("2", Component("Product-Deployment", "10.0.26100.3000")));
  const auto selection = Choose(draft);
  EXPECT_TRUE(selection.verdict.go()) << selection.verdict.reason;
  EXPECT_EQ(StateOf(selection, kProduct), kStateInstalled);
}

TEST_F(Selecting, AnInstalledPackageThatTheUpdateNamesInAVersionItLacksIsRefused) {
  Has(kProduct, "10.0.26100.1");
  Has(kPart, "10.0.26100.1");
  Draft draft;
  draft.Outer(Parent(kProduct, "10.0.26100.1"));
  draft.Add(kProduct, "10.0.26100.3000", Update("1", Link(kPart, "10.0.26100.3000")));
  EXPECT_EQ(Choose(draft).verdict.hresult, kSourceMissing);
}

// Months after a checkpoint name the editions as the checkpoint left them.
TEST_F(Selecting, AnUpdateWithoutItsCheckpointIsRefusedAndNotCalledForeign) {
  Has("Microsoft-Windows-CoreEdition", "10.0.26100.1");
  Draft draft;
  draft.Outer(Parent("Microsoft-Windows-CoreEdition", "10.0.26100.1742",
                     "revisionCompare=\"GE\" integrate=\"standalone\" disposition=\"detect\"") +
              Update("1", Component("Some-Deployment", "10.0.26100.3000")));
  auto selection = Choose(draft);
  EXPECT_EQ(selection.verdict.decision, Decision::kRefused) << selection.verdict.reason;
  EXPECT_EQ(selection.verdict.hresult, kMissingBaselines);
  EXPECT_EQ(selection.verdict.code, Code::kPrerequisiteMissing);
  Has("Microsoft-Windows-CoreEdition", "10.0.26100.1742");
  selection = Choose(draft);
  EXPECT_TRUE(selection.verdict.go()) << selection.verdict.reason;
}

TEST_F(Selecting, AnUpdateForAnotherBuildIsNotApplicable) {
  Has("Microsoft-Windows-CoreEdition", "10.0.22621.1");
  Draft draft;
  draft.Outer(Parent("Microsoft-Windows-CoreEdition", "10.0.26100.1742", "revisionCompare=\"GE\"") +
              Update("1", Component("Some-Deployment", "10.0.26100.3000")));
  EXPECT_EQ(Choose(draft).verdict.decision, Decision::kNotApplicable);
}

std::optional<std::uint32_t> Planned(const RegistryWriter& registry, const std::string& key,
                                     std::string_view name) {
  const auto value = registry.Planned(HiveKind::kSoftware, key, name);
  return value ? ::ww::hive::AsDword(*value) : std::nullopt;
}

TEST_F(Selecting, WhatThePackageKeyRecordsOfFeaturesIsKept) {
  Has(kProduct, "10.0.26100.1");
  Has(kFeature, "10.0.26100.1", kStateInstalled, {{"feature", kStateInstalled}});
  auto draft = WithFeature();
  const auto selection = Choose(draft);
  RegistryWriter registry;
  ASSERT_TRUE(RegisterPackages(selection, {}, state_, registry));
  const auto id = manifest::PackageIdentityString(Package(kFeature, "10.0.26100.3000"));
  EXPECT_EQ(Planned(registry, fmt::format("{}\\Packages\\{}\\Updates", kCbsKey, id), "Feature"),
            kStateInstalled);
  // And the next update of the same run sees it.
  Draft next;
  next.Outer(Parent(kProduct, "10.0.26100.1"), "26100.4000.1.0");
  next.Add(kFeature, "10.0.26100.4000",
           Update("Feature",
                  std::string(kOptional) + Component("Feature-Deployment", "10.0.26100.4000")));
  EXPECT_EQ(StateOf(Choose(next), kFeature, "Feature"), kStateInstalled);
}

TEST_F(Selecting, OnlyACheckpointIsMarkedAsBaseline) {
  Has(kProduct, "10.0.26100.1");
  for (const bool checkpoint : {true, false}) {
    Draft draft;
    draft.Outer(std::string(checkpoint ? R"(<customInformation PackageType="Baseline"/>)" : "") +
                Parent(kProduct, "10.0.26100.1") + Update("1", Link(kPart, "10.0.26100.3000")));
    draft.Add(kPart, "10.0.26100.3000",
              Update("1", Component("Part-Deployment", "10.0.26100.3000")));
    auto state = state_;
    trace_.clear();
    const auto selection = Select(draft.Load(), state, trace_);
    ASSERT_TRUE(selection) << selection.error().message;
    RegistryWriter registry;
    ASSERT_TRUE(RegisterPackages(*selection, {}, state, registry));
    const auto mark = [&](const manifest::AssemblyIdentity& package) {
      return Planned(
          registry,
          fmt::format("{}\\Packages\\{}", kCbsKey, manifest::PackageIdentityString(package)),
          "Baseline");
    };
    EXPECT_EQ(mark(Package("Package_for_RollupFix", "26100.3000.1.0")),
              checkpoint ? std::optional<std::uint32_t>(1) : std::nullopt);
    EXPECT_EQ(mark(Package(kPart, "10.0.26100.3000")), std::nullopt);
  }
}

TEST_F(Selecting, ADeploymentOfAnyLanguageIsThatOfTheImagesLanguages) {
  Has(kProduct, "10.0.26100.1");
  Draft before;  // an earlier update of the run
  before.Outer("").AddComponent("Texts-Deployment", "10.0.26100.1", kDeployment, "en-US");
  const auto& english = *before.Load().components().begin()->second;
  state_.AddComponent(english);
  state_.SetWinner(english.manifest.identity);
  const auto component = fmt::format("<component>{}</component>",
                                     Identity("Texts-Deployment", "10.0.26100.3000", "*"));
  const auto nothing =
      fmt::format("<component>{}</component>", Identity("No-Deployment", "10.0.26100.3000", "*"));
  Draft draft;
  draft.Outer(Parent(kProduct, "10.0.26100.1") + Update("1", component) + Update("2", nothing));
  draft.AddComponent("Texts-Deployment", "10.0.26100.3000", kDeployment, "en-US");
  draft.AddComponent("Texts-Deployment", "10.0.26100.3000", kDeployment, "de-DE");
  const auto selection = Choose(draft);
  ASSERT_TRUE(selection.verdict.go()) << selection.verdict.reason;
  const auto closure = Close(draft.Loaded(), state_, selection, trace_);
  ASSERT_TRUE(closure) << closure.error().message;
  EXPECT_TRUE(closure->verdict.go()) << closure->verdict.reason;
  ASSERT_EQ(closure->deployments.size(), 1u);
  EXPECT_EQ(closure->deployments[0].identity.language, "en-US");
}

// A prerequisite brings nothing by itself.
TEST_F(Selecting, AComponentWithoutItsPrerequisiteIsLeftOutWithWhatItBrings) {
  constexpr std::string_view kNow = "10.0.26100.3000";
  Has(kProduct, "10.0.26100.1");
  const auto names = [&](bool selected) {
    Draft draft;
    draft.Outer(Parent(kProduct, "10.0.26100.1") +
                Update("1", Component("Group-Deployment", kNow)) +
                (selected ? Update("2", Component("Server-Deployment", kNow)) : std::string()));
    draft.AddComponent("Group-Deployment", kNow,
                       std::string(kDeployment) + Needs("Plain", kNow, "install") +
                           Needs("Owner", kNow, "install"));
    draft.AddComponent("Server-Deployment", kNow,
                       std::string(kDeployment) + Needs("Server", kNow, "install"));
    draft.AddComponent("Plain", kNow, "");
    draft.AddComponent("Owner", kNow,
                       Needs("Server", kNow, "prerequisite") + Needs("Below", kNow, "install"));
    draft.AddComponent("Below", kNow, "");
    draft.AddComponent("Server", kNow, "");
    const auto selection = Choose(draft);
    EXPECT_TRUE(selection.verdict.go()) << selection.verdict.reason;
    const auto closure = Close(draft.Loaded(), state_, selection, trace_);
    EXPECT_TRUE(closure) << closure.error().message;
    EXPECT_TRUE(closure->verdict.go()) << closure->verdict.reason;
    std::set<std::string> out;
    for (const auto& component : closure->components) out.insert(component.identity.name);
    return out;
  };
  EXPECT_EQ(names(false), (std::set<std::string>{"Group-Deployment", "Plain"}));
  EXPECT_EQ(names(true), (std::set<std::string>{"Group-Deployment", "Plain", "Owner", "Below",
                                                "Server-Deployment", "Server"}));
  HasInstalled("Server", "10.0.26100.4000");
  EXPECT_EQ(names(false), (std::set<std::string>{"Group-Deployment", "Plain", "Owner", "Below"}));
}

// Each owner brings the prerequisite of the next one.
TEST_F(Selecting, PrerequisitesBroughtByWhatIsLeftOutVanishToo) {
  constexpr std::string_view kNow = "10.0.26100.3000";
  Has(kProduct, "10.0.26100.1");
  const auto close = [&](int length) {
    Draft draft;
    draft.Outer(Parent(kProduct, "10.0.26100.1") + Update("1", Component("Group", kNow)));
    std::string group(kDeployment);
    for (int i = 0; i < length; ++i) {
      group += Needs(fmt::format("Owner{}", i), kNow, "install");
      draft.AddComponent(fmt::format("Owner{}", i), kNow,
                         Needs(fmt::format("Brought{}", i), kNow, "prerequisite") +
                             Needs(fmt::format("Brought{}", i + 1), kNow, "install"));
      draft.AddComponent(fmt::format("Brought{}", i + 1), kNow, "");
    }
    draft.AddComponent("Group", kNow, group);
    const auto selection = Choose(draft);
    auto closure = Close(draft.Loaded(), state_, selection, trace_);
    EXPECT_TRUE(closure) << closure.error().message;
    return *std::move(closure);
  };
  const auto all = close(20);
  EXPECT_TRUE(all.verdict.go()) << all.verdict.reason;
  EXPECT_EQ(all.components.size(), 1u);
  EXPECT_EQ(close(300).verdict.code, Code::kLimit);
}

// However long: each has the next one as its prerequisite, and the last one's is missing.
TEST_F(Selecting, AChainOfPrerequisitesFallsAtOnce) {
  constexpr std::string_view kNow = "10.0.26100.3000";
  Has(kProduct, "10.0.26100.1");
  Draft draft;
  draft.Outer(Parent(kProduct, "10.0.26100.1") + Update("1", Component("Group", kNow)));
  std::string group(kDeployment);
  for (int i = 0; i < 300; ++i) {
    group += Needs(fmt::format("Link{}", i), kNow, "install");
    draft.AddComponent(fmt::format("Link{}", i), kNow,
                       Needs(fmt::format("Link{}", i + 1), kNow, "prerequisite"));
  }
  draft.AddComponent("Group", kNow, group);
  const auto selection = Choose(draft);
  const auto closure = Close(draft.Loaded(), state_, selection, trace_);
  ASSERT_TRUE(closure) << closure.error().message;
  EXPECT_TRUE(closure->verdict.go()) << closure->verdict.reason;
  EXPECT_EQ(closure->components.size(), 1u);
}

TEST(KindOfUpdate, IsTakenFromTheNameOfTheOuterPackage) {
  const std::pair<const char*, UpdateKind> cases[] = {
      {"Package_for_RollupFix", UpdateKind::kCumulative},
      {"Package_for_ServicingStack_1741", UpdateKind::kServicingStack},
      {"Package_for_DotNetRollup_481", UpdateKind::kDotNet},
      {"Package_for_KB9000599_NetFx48", UpdateKind::kDotNet},
      {"Package_for_SafeOSDU", UpdateKind::kSafeOs},
      {"Package_for_KB9000599", UpdateKind::kOther},
      {"Microsoft-Windows-25H2Enablement-Package", UpdateKind::kEnablement},
      {"Microsoft-Windows-Enablement-Package", UpdateKind::kOther}};
  for (const auto& [name, kind] : cases) {
    Draft draft(name);
    draft.Outer(Update("1", ""));
    EXPECT_EQ(draft.Load().kind(), kind) << name;
  }
}

TEST(KindOfUpdate, IsEnablementWhereAnyPackageBringsOne) {
  for (const auto& [outer, kind] : {std::pair{"Package_for_KB9000599", UpdateKind::kEnablement},
                                    std::pair{"Package_for_RollupFix", UpdateKind::kCumulative}}) {
    Draft draft(outer);
    draft.Outer(Update("1", ""));
    draft.Add("microsoft-windows-25h2enablement-package", "10.0.26100.1", Update("1", ""));
    EXPECT_EQ(draft.Load().kind(), kind) << outer;
  }
}

}  // namespace
}  // namespace ww::cbs
