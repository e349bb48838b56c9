#include "wimwright/cbs/update_content.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "wimwright/cbs/hresult.h"

namespace ww::cbs {
namespace {

namespace stdfs = std::filesystem;

struct Genuine {
  const char* file;
  const char* identity;
  const char* kb;
  std::size_t packages, components;
};

const Genuine kGenuine[] = {
    {"Windows6.1-KB2780124-x86.msu", "Package_for_KB2780124~31bf3856ad364e35~x86~~6.1.1.0",
     "KB2780124", 4, 2},
    {"Windows6.1-KB2465285-x86.msu", "Package_for_KB2465285~31bf3856ad364e35~x86~~6.1.1.0",
     "KB2465285", 7, 4},
    {"Windows8.1-KB2938772-x86.cab", "Package_for_KB2938772~31bf3856ad364e35~x86~~6.3.1.0",
     "KB2938772", 7, 3},
    {"Windows6.2-HyperVIntegrationServices-x86.cab",
     "Microsoft-Hyper-V-Integration-Services-Package-2~31bf3856ad364e35~x86~~6.3.9600.19456",
     "KB4072650", 1, 18},
};

TEST(UpdateContent, ReadsEveryGenuinePackageAndItsCatalogues) {
  const stdfs::path corpus = stdfs::path(WW_CORPUS) / "packages";
  if (!stdfs::exists(corpus)) GTEST_SKIP() << "no corpus beside the checkout";
  for (const auto& genuine : kGenuine) {
    auto file = cab::OpenUpdate(RealFileSystem(), corpus / genuine.file, {});
    ASSERT_TRUE(file) << genuine.file << ": " << file.error().message;
    ASSERT_EQ(file->packages.size(), 1u);
    const auto content = UpdateContent::Load(*file->packages[0], genuine.file);
    ASSERT_TRUE(content) << genuine.file << ": " << content.error().message;
    EXPECT_EQ(content->identity(), genuine.identity);
    EXPECT_EQ(content->kb(), genuine.kb);
    EXPECT_EQ(content->packages().size(), genuine.packages) << genuine.file;
    EXPECT_EQ(content->components().size(), genuine.components) << genuine.file;
    for (const auto& [keyform, component] : content->components()) {
      for (const auto& entry : component->manifest.files) {
        EXPECT_TRUE(content->FindPayload(*component, entry)) << keyform << " " << entry.name;
      }
    }
    for (const auto& effect : UnsupportedEffects(*content)) {
      SCOPED_TRACE(effect.component);
      EXPECT_FALSE(effect.reason.empty());
      EXPECT_EQ(effect.effect.find("unknown:"), std::string::npos) << effect.effect;
      RecordProperty(effect.component + "|" + effect.effect, effect.reason);
    }
  }
}

}  // namespace
}  // namespace ww::cbs
