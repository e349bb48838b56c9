#include <gtest/gtest.h>

#include <filesystem>

#include "wimwright/base/text.h"
#include "wimwright/catalog/description.h"

namespace ww::catalog {
namespace {

std::filesystem::path Genuine(const char* name) {
  return std::filesystem::path(WW_CORPUS) / "packages" / name;
}
#define WW_NEEDS(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no genuine packages at " << (path)

TEST(DescribeGenuine, Windows7MsuIsWhatItsScanMetadataSays) {
  const auto path = Genuine("Windows6.1-KB2780124-x86.msu");
  WW_NEEDS(path);
  const auto update = DescribeUpdate(RealFileSystem(), path);
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_TRUE(update->has_scan_metadata);
  EXPECT_EQ(update->unique_id, "5a8d0297-85d6-449b-a609-371a9a7ca7e0");
  EXPECT_EQ(update->revision, 501u);
  EXPECT_EQ(update->article, "2780124");
  EXPECT_EQ(update->architecture, "x86");
  EXPECT_EQ(update->severity, "Important");
  EXPECT_EQ(update->reboot, "CanRequestReboot");
  EXPECT_EQ(update->created, "2012-11-03T11:54:04Z");
  EXPECT_EQ(update->support_url, "http://support.microsoft.com");
  ASSERT_GE(update->texts.size(), 30u);
  EXPECT_EQ(update->texts[0].locale, 1033u);
  EXPECT_EQ(update->texts[0].title, "Hotfix for Windows (KB2780124)");
  EXPECT_EQ(update->texts[0].description, "Fix for KB2780124");
  ASSERT_EQ(update->payload.size(), 1u);
  EXPECT_EQ(update->payload[0].name, "Windows6.1-KB2780124-x86.cab");
  EXPECT_EQ(update->payload[0].bytes, 174159u);
  EXPECT_EQ(update->payload[0].url, "http://www.windowsupdate.com/Windows6.1-KB2780124-x86.cab");
  ASSERT_EQ(update->packages.size(), 1u);
  EXPECT_EQ(update->packages[0].identity, "Package_for_KB2780124~31bf3856ad364e35~x86~~6.1.1.0");
  EXPECT_EQ(update->packages[0].targets, std::vector<std::string>{"6.1.7601"});
  EXPECT_FALSE(update->engine_refusal);
}

TEST(DescribeGenuine, CategoriesComeWithTitlesAndParents) {
  const auto path = Genuine("Windows6.1-KB2780124-x86.msu");
  WW_NEEDS(path);
  const auto update = DescribeUpdate(RealFileSystem(), path);
  ASSERT_TRUE(update) << update.error().message;
  std::map<std::string, std::string> titles;
  for (const auto& category : update->categories) titles[category.type] = category.title();
  EXPECT_EQ(titles["Company"], "Microsoft");
  EXPECT_EQ(titles["ProductFamily"], "Windows");
  EXPECT_EQ(titles["UpdateClassification"], "Updates");
  EXPECT_EQ(titles["Product"], "Windows 7") << "from the packages: the metadata has no product";
}

TEST(DescribeGenuine, CabWithoutMetadataGetsANameInTheMannerOfTheCatalog) {
  const auto path = Genuine("Windows8.1-KB2938772-x86.cab");
  WW_NEEDS(path);
  const auto update = DescribeUpdate(RealFileSystem(), path);
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_FALSE(update->has_scan_metadata);
  EXPECT_EQ(update->article, "2938772");
  EXPECT_EQ(update->unique_id, update->packages[0].identity);
  EXPECT_EQ(update->texts[0].title.find("KB2938772") == std::string::npos, false)
      << update->texts[0].title;
  EXPECT_EQ(update->bytes, 182986u);
  EXPECT_EQ(ToHex(update->sha256),
            "ddb29aafa83dbd41bd7045b78caab8a29b4ed04cf7856087f228a82eece7adff");
}

TEST(DescribeGenuine, OthersAreReadOrRefusedWithAReason) {
  for (const char* name :
       {"Windows6.1-KB2465285-x86.msu", "Windows6.2-HyperVIntegrationServices-x86.cab"}) {
    const auto path = Genuine(name);
    WW_NEEDS(path);
    const auto update = DescribeUpdate(RealFileSystem(), path);
    ASSERT_TRUE(update) << name << ": " << update.error().message;
    EXPECT_FALSE(update->texts.empty());
  }
}

TEST(Describe, RefusesWhatIsNoUpdate) {
  const auto update = DescribeUpdate(RealFileSystem(), "/bin/sh");
  ASSERT_FALSE(update);
  EXPECT_EQ(update.error().code, Code::kUnsupported) << update.error().message;
}

TEST(Describe, StopsWhenCancelled) {
  const auto path = Genuine("Windows6.1-KB2780124-x86.msu");
  WW_NEEDS(path);
  Cancellation cancelled;
  cancelled.Request();
  DescribeOptions options;
  options.cancellation = &cancelled;
  const auto update = DescribeUpdate(RealFileSystem(), path, options);
  ASSERT_FALSE(update);
  EXPECT_EQ(update.error().code, Code::kCancelled);
}

}  // namespace
}  // namespace ww::catalog
