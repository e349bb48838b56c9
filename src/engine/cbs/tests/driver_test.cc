// Drivers that declare what is made from their INF themselves (windows-servicing.md 6.7).
#include "driver.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "component_registry.h"
#include "effects.h"
#include "lab_image.h"
#include "wimwright/base/file.h"
#include "wimwright/delta/store_wrapper.h"

namespace ww::cbs {
namespace {

namespace stdfs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kImage = "win11-24h2-x64.wim";
constexpr std::string_view kInherited = R"(<securityDescriptor name="INHERITED"/></registryKey>)";

std::string Key(std::string_view key, std::string_view values) {
  return fmt::format(R"(<registryKey keyName="HKEY_LOCAL_MACHINE\SYSTEM\{}">{}{})", key, values,
                     kInherited);
}
std::string Value(std::string_view name, std::string_view type, std::string_view value) {
  return fmt::format(R"(<registryValue name="{}" valueType="{}" value="{}"/>)", name, type, value);
}

std::shared_ptr<const manifest::ComponentManifest> Driver(std::string_view version,
                                                          const std::string& keys,
                                                          std::string_view type = "dualModeDriver",
                                                          std::string_view more = "") {
  const auto text = fmt::format(
      R"(<assembly xmlns="urn:schemas-microsoft-com:asm.v3" manifestVersion="1.0">)"
      R"(<assemblyIdentity name="dual_nic.inf" version="{}" processorArchitecture="amd64" )"
      R"(language="neutral" publicKeyToken="31bf3856ad364e35" versionScope="nonSxS" type="{}"/>)"
      R"({}<registryKeys>{}</registryKeys><trustInfo><security><accessControl>)"
      R"(<securityDescriptorDefinitions><securityDescriptorDefinition name="INHERITED" )"
      R"x(sddl="(inherit)" operationHint="replace"/></securityDescriptorDefinitions>)x"
      R"(</accessControl></security></trustInfo><deployment/></assembly>)",
      version, type, more, keys);
  auto parsed = manifest::ParseComponent(AsBytes(text));
  EXPECT_TRUE(parsed) << parsed.error().message;
  return std::make_shared<const manifest::ComponentManifest>(*std::move(parsed));
}

constexpr std::string_view kFile =
    R"(<file name="nic.inf" destinationPath="$(runtime.system32)\"><infFile/></file>)";

// Supports `device`; its INF gives the package the name `package`.
std::string Entries(std::string_view package, std::string_view device) {
  return Key(fmt::format(R"(DriverDatabase\DeviceIds\PCI\{})", device),
             Value("nic.inf", "REG_BINARY", "02FF0000")) +
         Key(R"(DriverDatabase\DriverInfFiles\nic.inf)", Value("Active", "REG_SZ", package)) +
         Key(fmt::format(R"(DriverDatabase\DriverPackages\{})", package),
             Value("", "REG_SZ", "nic.inf")) +
         Key(fmt::format(R"(DriverDatabase\DriverPackages\{}\Strings)", package),
             Value("a", "00020001", "33000000"));
}

std::string ServiceKey(std::string_view name, std::string_view start) {
  return Key(
      fmt::format(R"(CurrentControlSet\Services\{})", name),
      Value("Owners", "REG_MULTI_SZ", "&quot;nic.inf&quot;") + Value("Start", "REG_DWORD", start));
}

DriverHistory History(const manifest::ComponentManifest& before,
                      const manifest::ComponentManifest& now) {
  auto history = HistoryOfDriver(before, now, "ControlSet001");
  EXPECT_TRUE(history) << history.error().message;
  return *std::move(history);
}

std::vector<std::string> Kinds(const std::vector<BlockedEffect>& effects) {
  std::vector<std::string> out;
  for (const auto& effect : effects) out.push_back(effect.kind);
  return out;
}

TEST(DriverHistory, KnowsThePackageAndTheDevicesThatAreGone) {
  const auto before = Driver("10.0.1.1", Entries("nic.inf_amd64_1", "A") + ServiceKey("Nic", "3"));
  const auto now = Driver("10.0.1.2", Entries("nic.inf_amd64_2", "B") + ServiceKey("nic", "3"));
  const auto history = History(*before, *now);
  EXPECT_THAT(history.packages, ElementsAre(R"(DriverDatabase\DriverPackages\nic.inf_amd64_1)"));
  ASSERT_EQ(history.values.size(), 1u);
  EXPECT_EQ(history.values[0].key, R"(DriverDatabase\DeviceIds\PCI\A)");
  EXPECT_EQ(history.values[0].name, "nic.inf");
  ASSERT_TRUE(history.witness);
  EXPECT_EQ(history.witness->key, R"(DriverDatabase\DriverPackages\nic.inf_amd64_1)");
  EXPECT_EQ(history.starts.size(), 1u);
  EXPECT_THAT(ServicesGone(*before, *now), IsEmpty());
}

TEST(DriverHistory, AnUnchangedInfLeavesNothingBehind) {
  const auto before = Driver("10.0.1.1", Entries("nic.inf_amd64_1", "A"));
  const auto history = History(*before, *Driver("10.0.1.2", Entries("nic.inf_amd64_1", "A")));
  EXPECT_THAT(history.packages, IsEmpty());
  EXPECT_TRUE(history.values.empty());
}

TEST(DriverEffects, WhatAnInfWouldDoHasToBeDeclared) {
  const auto declared = Driver("10.0.1.1", Entries("p", "A"), "dualModeDriver", kFile);
  EXPECT_THAT(Kinds(BlockedEffects(*declared, nullptr)), IsEmpty());
  const auto silent = Driver("10.0.1.1", ServiceKey("Nic", "3"), "dualModeDriver", kFile);
  EXPECT_THAT(Kinds(BlockedEffects(*silent, nullptr)), ElementsAre("infFile"));
  const auto old = Driver("6.3.1.1", Entries("p", "A"), "driverUpdate", kFile);
  EXPECT_THAT(Kinds(BlockedEffects(*old, nullptr)), ElementsAre("driverUpdate"));
}

TEST(DriverEffects, AServiceCannotBeTakenAway) {
  const auto before = Driver("10.0.1.1", Entries("p", "A") + ServiceKey("Nic", "3") +
                                             Key(R"(CurrentControlSet\Services\EventLog\System\N)",
                                                 Value("TypesSupported", "REG_DWORD", "7")));
  const auto now = Driver("10.0.1.2", Entries("p", "A"));
  EXPECT_THAT(Kinds(BlockedEffects(*now, before.get())), ElementsAre("service"));
}

class DriverInImage : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    image_ = LabImage::Make(kImage);
    ASSERT_NE(image_.state, nullptr);
  }
  static void TearDownTestSuite() { image_.Close(); }

  Status Write(const std::shared_ptr<const manifest::ComponentManifest>& driver,
               const DriverHistory* history = nullptr) {
    PlannedComponent component;
    component.identity = driver->identity;
    component.manifest = driver;
    if (history != nullptr) {
      component.predecessor.emplace();
      component.predecessor->driver = std::make_shared<const DriverHistory>(*history);
    }
    return WriteComponentRegistry(component, state_, registry_);
  }
  std::optional<hive::Value> Planned(HiveKind hive, std::string_view key, std::string_view name) {
    return registry_.Planned(hive, key, name);
  }

  static LabImage image_;
  VirtualState state_{*image_.state};
  RegistryWriter registry_;
};
LabImage DriverInImage::image_;

constexpr std::string_view kPackage2 = R"(DriverDatabase\DriverPackages\nic.inf_amd64_2)";

TEST_F(DriverInImage, ANewDriverGoesWhereTheImageHasItsDrivers) {
  ASSERT_TRUE(Write(Driver("10.0.1.2", Entries("nic.inf_amd64_2", "B"))));
  EXPECT_TRUE(Planned(HiveKind::kSystem, kPackage2, ""));
}

TEST_F(DriverInImage, ANewerVersionGoesWhereTheOlderOneIs) {
  // The only value of this database is in DRIVERS.
  DriverHistory history;
  history.witness = DriverHistory::Value{"DriverDatabase", "Version"};
  history.packages = {R"(DriverDatabase\DriverPackages\nic.inf_amd64_1)"};
  history.values = {{R"(DriverDatabase\DeviceIds\PCI\A)", "nic.inf"}};
  ASSERT_TRUE(Write(Driver("10.0.1.2", Entries("nic.inf_amd64_2", "B")), &history));
  EXPECT_TRUE(Planned(HiveKind::kDrivers, kPackage2, ""));
  EXPECT_FALSE(Planned(HiveKind::kSystem, kPackage2, ""));
  int keys = 0, values = 0;
  for (const auto change : registry_.changes()) {
    EXPECT_EQ(change.hive, HiveKind::kDrivers) << change.key;
    keys += change.kind == RegistryChange::Kind::kDeleteKey;
    values += change.kind == RegistryChange::Kind::kDeleteValue;
  }
  EXPECT_EQ(keys, 1);
  EXPECT_EQ(values, 1);
}

TEST_F(DriverInImage, AnOlderVersionThatIsNotRegisteredIsRefused) {
  DriverHistory history;
  history.witness = DriverHistory::Value{R"(DriverDatabase\DriverPackages\nic.inf_amd64_1)", ""};
  const auto status = Write(Driver("10.0.1.2", Entries("nic.inf_amd64_2", "B")), &history);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kUnsupported);
  EXPECT_NE(status.error().message.find("nic.inf_amd64_1"), std::string::npos);
}

TEST_F(DriverInImage, OtherOwnersOfAServiceStay) {
  const std::string key = R"(ControlSet001\Services\Nic)";
  registry_.Set(HiveKind::kSystem, key, "Owners",
                hive::MakeMultiSz(std::vector<std::string>{"oem1.inf"}));
  ASSERT_TRUE(Write(Driver("10.0.1.2", ServiceKey("Nic", "3"))));
  const auto owners = Planned(HiveKind::kSystem, key, "Owners");
  ASSERT_TRUE(owners);
  EXPECT_THAT(*hive::AsMultiSz(*owners), ElementsAre("oem1.inf", "nic.inf"));
}

TEST_F(DriverInImage, AStartTypeThatSomebodyChangedStays) {
  const std::string key = R"(ControlSet001\Services\Nic)";
  const auto before = Driver("10.0.1.1", ServiceKey("Nic", "3"));
  const auto now = Driver("10.0.1.2", ServiceKey("Nic", "0"));
  const auto history = History(*before, *now);
  for (const std::uint32_t present : {3u, 4u}) {
    registry_ = {};
    registry_.Set(HiveKind::kSystem, key, "Start", hive::MakeDword(present));
    ASSERT_TRUE(Write(now, &history));
    EXPECT_EQ(hive::AsDword(*Planned(HiveKind::kSystem, key, "Start")), present == 3 ? 0u : 4u);
  }
}

// What was deleted is not there any more for what comes after it.
TEST_F(DriverInImage, AValueThatIsDeletedAndSetAgainStays) {
  registry_.Set(HiveKind::kSystem, "A\\B", "x", hive::MakeDword(1));
  registry_.Set(HiveKind::kSystem, "A\\C", "y", hive::MakeDword(1));
  registry_.DeleteKey(HiveKind::kSystem, "a");
  EXPECT_FALSE(Planned(HiveKind::kSystem, "A\\B", "x"));
  registry_.Set(HiveKind::kSystem, "A\\B", "x", hive::MakeDword(2));
  registry_.Set(HiveKind::kSystem, "A\\B", "x", hive::MakeDword(3));
  registry_.DeleteValue(HiveKind::kSystem, "A\\C", "y");
  EXPECT_EQ(hive::AsDword(*Planned(HiveKind::kSystem, "A\\B", "x")), 3u);
  EXPECT_FALSE(Planned(HiveKind::kSystem, "A\\C", "y"));
  EXPECT_EQ(registry_.changes().size(), 5u);
}

TEST_F(DriverInImage, TheGenuineManifestCanBeWritten) {
  const auto folder = stdfs::path(WW_CORPUS) / "manifests";
  if (!stdfs::exists(folder)) GTEST_SKIP() << "no " << folder.string();
  const auto read = [&](std::string_view name) {
    auto bytes = ReadFile(RealFileSystem(), folder / name, 1 << 20);
    EXPECT_TRUE(bytes) << bytes.error().message;
    return *std::move(bytes);
  };
  const auto plain = delta::Unwrap(
      read("amd64_dual_netvg63a.inf_31bf3856ad364e35_10.0.26100.1_none_9162a10543917fc7.manifest"),
      read("base_manifest.bin"));
  ASSERT_TRUE(plain) << plain.error().message;
  auto parsed = manifest::ParseComponent(*plain);
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto driver = std::make_shared<const manifest::ComponentManifest>(*std::move(parsed));
  EXPECT_TRUE(driver->is_deployment);
  EXPECT_THAT(Kinds(BlockedEffects(*driver, nullptr)), IsEmpty());
  const auto status = Write(driver);
  ASSERT_TRUE(status) << status.error().message;
  const std::string package =
      R"(DriverDatabase\DriverPackages\netvg63a.inf_amd64_dd38edc9e96390ae)";
  EXPECT_EQ(hive::AsText(*Planned(HiveKind::kSystem, package, "")), "netvg63a.inf");
  const auto raw = Planned(
      HiveKind::kSystem, package + R"(\Configurations\VT3119.ndi.NTamd64\Driver)", "*FlowControl");
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->type, 0x00020001u);
  EXPECT_GT(registry_.changes().size(), 200u);
}

}  // namespace
}  // namespace ww::cbs
