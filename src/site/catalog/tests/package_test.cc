// Deployment packages and their contents.
#include <gtest/gtest.h>

#include "catalog_fixture.h"
#include "lab_updates.h"

namespace ww::catalog {
namespace {

namespace stdfs = std::filesystem;

class PackageTest : public CatalogTest {
 protected:
  void SetUp() override {
    CatalogTest::SetUp();
    if (provider_ == nullptr) return;
    source_ = folder_.path() / "source";
    stdfs::create_directories(source_);
    auto package = cim::Instance::Spawn(schema_->Find("SMS_SoftwareUpdatesPackage"));
    ASSERT_TRUE(package.Set("Name", S("Updates")));
    ASSERT_TRUE(package.Set("PkgSourcePath", S(source_.string())));
    const auto path = provider_->Put(package, cim::PutMode::kCreateOnly, admin_);
    ASSERT_TRUE(path) << path.error().message;
    package_ = path->Relative();
  }
  Values Contents(std::uint32_t id, std::string_view folder) {
    return {{"ContentIDs", cim::Value::Of({N(id)})},
            {"ContentSourcePath", cim::Value::Of({S(folder)})}};
  }
  std::uint32_t OneContent() {
    update_ = ImportOne(OneLabUpdate());
    return CatalogTest::Contents(update_).at(0).content_id;
  }
  cim::Instance Package() { return *provider_->Get(*cim::ParseObjectPath(package_), admin_); }
  stdfs::path source_;
  std::string package_;
  std::uint32_t update_ = 0;
};
WW_BOTH_BACKENDS(PackageTest);

TEST_P(PackageTest, ContentOfTheLibraryGoesIntoThePackageAndItsSource) {
  const auto content = OneContent();
  const auto before = Package()["SourceVersion"].UintOr(0);
  const auto done = Call(package_, "AddUpdateContent", Contents(content, ""));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(Package()["SourceVersion"].UintOr(0), before + 1);
  const auto rows = Query("SELECT * FROM SMS_PackageToContent");
  ASSERT_EQ(rows.size(), 1u);
  const auto folder = rows[0]["ContentSubFolder"].TextOr("");
  EXPECT_EQ(folder, CatalogTest::Contents(update_).at(0).unique_id);
  EXPECT_EQ(rows[0]["MinPackageVersion"].IntOr(0), static_cast<std::int64_t>(before + 1));
  EXPECT_EQ(stdfs::file_size(source_ / folder / OneLabUpdate().filename()),
            stdfs::file_size(OneLabUpdate()));
  EXPECT_EQ(Rows("SMS_CIContentPackage"), 1u);
  EXPECT_TRUE(Call(package_, "ValidateNewPackageSource", {{"PackageSource", S(source_.string())}}));
  EXPECT_FALSE(Call(package_, "ValidateNewPackageSource", {{"PackageSource", S("/var/empty-no")}}));

  const auto removed =
      Call(package_, "RemoveContent", {{"ContentIDs", cim::Value::Of({N(content)})}});
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(Rows("SMS_PackageToContent"), 0u);
  EXPECT_EQ(Rows("SMS_CIContentPackage"), 0u);
  EXPECT_FALSE(stdfs::exists(source_ / folder));
  EXPECT_FALSE(Call(package_, "RemoveContent", {{"ContentIDs", cim::Value::Of({N(content)})}}));
}

TEST_P(PackageTest, FilesOfTheNamedFolderAreTakenInWhenTheirDigestIsRight) {
  const auto content = OneContent();
  const auto id = *CatalogTest::Contents(update_).at(0).files.at(0).id;
  ASSERT_TRUE(library_->Remove(id));
  const auto folder = folder_.path() / "download";
  stdfs::create_directories(folder);
  const auto missing = Call(package_, "AddUpdateContent", Contents(content, folder.string()));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("lacks"), std::string::npos) << missing.error().message;
  std::ofstream(folder / OneLabUpdate().filename()) << "something else";
  const auto wrong = Call(package_, "AddUpdateContent", Contents(content, folder.string()));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::kVerificationFailed) << wrong.error().message;
  EXPECT_EQ(Rows("SMS_PackageToContent"), 0u);
  stdfs::copy_file(OneLabUpdate(), folder / OneLabUpdate().filename(),
                   stdfs::copy_options::overwrite_existing);
  const auto right = Call(package_, "AddUpdateContent", Contents(content, folder.string()));
  ASSERT_TRUE(right) << right.error().message;
  EXPECT_TRUE(library_->Has(id));
  const auto valid = Call("SMS_PackageToContent.ContentID=" + std::to_string(content) +
                              ",PackageID=\"" + Package()["PackageID"].TextOr("") + "\"",
                          "IsContentValid");
  ASSERT_TRUE(valid) << valid.error().message;
  EXPECT_TRUE((*valid)["ReturnValue"].BoolOr(false));
}

TEST_P(PackageTest, RefusesUnknownContentAndPackages) {
  EXPECT_FALSE(Call(package_, "AddUpdateContent", Contents(4711, "/tmp")));
  EXPECT_FALSE(Call("SMS_SoftwareUpdatesPackage.PackageID=\"LAB0FFFF\"", "AddUpdateContent",
                    Contents(OneContent(), "")));
  EXPECT_FALSE(Call(package_, "AddUpdateContent",
                    {{"ContentIDs", cim::Value::Of({N(1), N(2)})},
                     {"ContentSourcePath", cim::Value::Of({S("/tmp")})}}));
}

TEST_P(PackageTest, AnUpdateInAPackageStaysUntilItIsTakenOut) {
  const auto content = OneContent();
  ASSERT_TRUE(Call(package_, "AddUpdateContent", Contents(content, "")));
  const auto path = *cim::ParseObjectPath("SMS_SoftwareUpdate.CI_ID=" + std::to_string(update_));
  EXPECT_FALSE(provider_->Delete(path, admin_));
  ASSERT_TRUE(provider_->Delete(*cim::ParseObjectPath(package_), admin_));
  EXPECT_EQ(Rows("SMS_PackageToContent"), 0u);
  EXPECT_TRUE(provider_->Delete(path, admin_));
}

}  // namespace
}  // namespace ww::catalog
