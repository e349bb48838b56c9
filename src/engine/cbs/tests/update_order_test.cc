#include "update_order.h"

#include <gtest/gtest.h>

namespace ww::cbs {
namespace {

using Packages = std::map<std::string, PackageRecord>;

void Add(Packages& packages, std::string_view name, std::string_view version,
         std::uint32_t state = kStateInstalled) {
  PackageRecord record;
  record.identity.name = name;
  record.identity.version = *manifest::Version::Parse(version);
  record.state = state;
  packages[std::string(name) + std::string(version)] = record;
}

// Enablement packages raise the build that people see; updates count on below it.
TEST(ServicedVersion, IsThatOfTheProductsPackagesBelowAnEnabledBuild) {
  Packages packages;
  Add(packages, "Microsoft-Windows-Foundation-Package", "10.0.26100.1742");
  Add(packages, "Microsoft-Windows-Foundation-Package", "10.0.26100.1", kStateSuperseded);
  Add(packages, "Microsoft-Windows-Client-Features-Package", "10.0.26100.4000");
  EXPECT_EQ(ServicedVersion({"26200", "8457"}, packages).ToString(), "26100.8457");
  EXPECT_EQ(ServicedVersion({"26100", "8457"}, packages).ToString(), "26100.8457");
}

TEST(ServicedVersion, IsTheImagesOwnWhereNothingSaysOtherwise) {
  EXPECT_EQ(ServicedVersion({"26200", "1"}, {}).ToString(), "26200.1");
  Packages packages;
  Add(packages, "Microsoft-Windows-Foundation-Package", "10.0.22621.1", kStateStaged);
  Add(packages, "Microsoft-Windows-Common-Foundation-Package", "10.0.27000.1");
  EXPECT_EQ(ServicedVersion({"26200", "1"}, packages).ToString(), "26200.1");
}

TEST(ServicedVersion, LetsUpdatesOfTheLineBeCompared) {
  Packages packages;
  Add(packages, "Microsoft-Windows-Common-Foundation-Package", "10.0.19041.1");
  const WindowsVersion image{"19045", "3000"};
  const auto serviced = ServicedVersion(image, packages);
  EXPECT_FALSE(CompareToImage({"19041", "2000"}, image));
  EXPECT_EQ(CompareToImage({"19041", "2000"}, serviced), -1);
  EXPECT_EQ(CompareToImage({"19041", "4000"}, serviced), 1);
}

}  // namespace
}  // namespace ww::cbs
