// The golden example against the facts of windows-servicing.md 5.7.
#include "wimwright/lab/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "wimwright/base/text.h"
#include "wimwright/manifest/catalog.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"

namespace ww::lab {
namespace {

class Golden : public testing::Test {
 protected:
  void SetUp() override {
    auto made = MakeGoldenExample();
    ASSERT_TRUE(made) << made.error().message;
    golden_ = *std::move(made);
  }
  GoldenExample golden_;
};

TEST_F(Golden, HasTheShapeOfTheText) {
  EXPECT_EQ(golden_.identity, "Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9");
  EXPECT_EQ(golden_.manifests.size(), 8U);
  EXPECT_EQ(golden_.values.size(), 104U);
  EXPECT_EQ(golden_.optional_values.size(), 4U);
  const auto package = manifest::ParsePackage(golden_.mum);
  ASSERT_TRUE(package) << package.error().message;
  EXPECT_EQ(package->updates.size(), 4U);
  ASSERT_EQ(package->parents.size(), 1U);
  EXPECT_EQ(package->parents[0].nested.size(), 1U);
  EXPECT_EQ(package->kb(), "KB4343884");
}

TEST_F(Golden, NamesAreThoseOfTheText) {
  EXPECT_TRUE(golden_.manifests.contains(
      "x86_microsoft-windows-packagemanager_31bf3856ad364e35_10.0.14393.2457_none_0659f8bf958f6270"
      ".manifest"));
  EXPECT_TRUE(golden_.manifests.contains(
      "x86_microsoft-windows-d..gement-winproviders_31bf3856ad364e35_10.0.14393.2312_none_"
      "d0d72ee747323b22.manifest"));
  EXPECT_TRUE(golden_.manifests.contains(
      "x86_0a39eed9423d33f2d79ace05598381a2_31bf3856ad364e35_10.0.14393.2312_none_9455a7841fff71a4"
      ".manifest"));
  std::map<std::string, int> per_hive;
  bool found = false;
  for (const GoldenValue& value : golden_.values) {
    ++per_hive[value.hive];
    found =
        found ||
        value.name ==
            "p!CBS_package_2378_for_kb4343884~31bf3856ad364e35~x86~~10.0.1.9.43_e6302dd640e3e5ca";
  }
  EXPECT_TRUE(found) << "the reference of update 6109";
  EXPECT_EQ(per_hive["COMPONENTS"], 71);
  EXPECT_EQ(per_hive["SOFTWARE"], 33);
}

TEST_F(Golden, DigestsFitThePayload) {
  const auto catalog = manifest::ParseCatalog(golden_.cat);
  ASSERT_TRUE(catalog);
  EXPECT_TRUE(catalog->ContainsFile(golden_.mum));
  for (const auto& [name, bytes] : golden_.manifests) {
    EXPECT_TRUE(catalog->ContainsFile(bytes)) << name;
    const auto component = manifest::ParseComponent(bytes);
    ASSERT_TRUE(component);
    for (const auto& file : component->files) {
      const std::string path = name.substr(0, name.size() - 9) + "\\" + file.name;
      ASSERT_TRUE(golden_.payload.contains(path)) << path;
      EXPECT_EQ(ToBytes(ByteView(Sha256(golden_.payload[path]))), file.digest);
    }
  }
  for (const GoldenValue& value : golden_.values) {
    if (value.name == "S256H") {
      EXPECT_EQ(value.data.size(), 32U) << value.key;
    } else if (value.name == "CatalogThumbprint") {
      EXPECT_EQ(value.data.size(), 130U);
    }
  }
  EXPECT_EQ(golden_.projections.size(), 18U);
  for (const auto& [path, name] : golden_.projections) EXPECT_TRUE(golden_.payload.contains(name));
}

}  // namespace
}  // namespace ww::lab
